import type { Conflict } from './conflict.ts';
import type { Settings } from './schema.ts';
import { suggest } from './suggest.ts';

type Given = Partial<Pick<Settings, 'knowledge' | 'model'>>;

/** Mistakes that only show beside the providers of models. */
export function checkEmbeddings({ knowledge, model }: Given): Conflict[] {
  if (!knowledge || !model || knowledge.embeddings.provider === undefined) return [];
  const { provider, model: name } = knowledge.embeddings;
  const path = ['knowledge', 'embeddings'];
  const known = ['openai', ...Object.keys(model.providers)];
  const conflicts: Conflict[] = [];
  if (!known.includes(provider)) {
    const near = suggest(provider, known);
    const what = `names ${JSON.stringify(provider)}, which is none of ${known.join(', ')}${near ? ` (did you mean ${near}?)` : ''}`;
    conflicts.push({ path: [...path, 'provider'], what });
  }
  if (name === '') conflicts.push({ path: [...path, 'model'], what: 'is missing: the name of a model for embeddings' });
  const isOpenai = provider === 'openai' && new URL(model.openai.baseUrl).hostname === 'api.openai.com';
  if (isOpenai && !model.openai.apiKey) {
    conflicts.push({ path: ['model', 'openai', 'apiKey'], what: 'is missing, and knowledge.embeddings asks api.openai.com' });
  }
  return conflicts;
}
