import type { ModelEvent, ModelRequest } from '../../src/model/model.ts';
import { asking, createTestModel } from './test-model.ts';

/** The worst of all models: it calls whatever any text that it sees tells it to call, and repeats all that tools say. */
export function createGullible() {
  return createTestModel((request): string | AsyncIterable<ModelEvent> => {
    const made = request.messages.flatMap(({ calls = [] }) => calls).length;
    const orders = request.messages.flatMap(({ text }) => [...unquote(text).matchAll(/CALL (\S+) (\{.*?\})(?=\s|$)/g)]);
    const [, name, given] = orders[made] ?? [];
    return name !== undefined && given !== undefined && !request.answersNow
      ? asking([name, given])
      : `I was told: ${resultsOf(request).join(' / ')}`;
  });
}

export function resultsOf({ messages }: ModelRequest): string[] {
  return messages.filter(({ role }) => role === 'tool').map(({ text }) => text);
}

function unquote(text: string): string {
  try {
    const { result } = JSON.parse(text) as { result?: unknown };
    return typeof result === 'string' ? result : text;
  } catch {
    return text;
  }
}
