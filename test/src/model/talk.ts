import { fileURLToPath } from 'node:url';
import { createBuiltinModel } from '../../../src/model/builtin.ts';
import type { Model, ModelMessage } from '../../../src/model/model.ts';
import { collect, textOf } from '../../contracts/model-contract.ts';
import { openFolderKnowledge, openKnowledgeStore } from '../knowledge/open-knowledge-store.ts';

const never = new AbortController().signal;

/** The built-in model on the documents that come with Parley. */
export async function openShipped(): Promise<{ model: Model; close(): Promise<void> }> {
  const store = openKnowledgeStore();
  const folder = fileURLToPath(new URL('../../../knowledge', import.meta.url));
  const knowledge = await openFolderKnowledge(folder, store);
  return { model: createBuiltinModel(knowledge), close: () => store.close() };
}

/** Asks one question after the other in one conversation; returns the answers. */
export async function talk(model: Model, ...questions: readonly string[]): Promise<readonly string[]> {
  const messages: ModelMessage[] = [];
  const answers: string[] = [];
  for (const text of questions) {
    messages.push({ role: 'user', text });
    const answer = textOf(await collect(model, never, undefined, { system: '', messages }));
    messages.push({ role: 'assistant', text: answer });
    answers.push(answer);
  }
  return answers;
}
