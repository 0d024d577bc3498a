import type { ModelMessage, ModelRequest } from './model.ts';

/** The same request for a model that takes no tools: what tools have said stands there as text. */
export function withoutTools({ system, messages }: ModelRequest): ModelRequest {
  return { system, messages: messages.map(toPlain) };
}

function toPlain(message: ModelMessage): ModelMessage {
  const { role, text, calls } = message;
  if (role === 'tool') return { role: 'user', text };
  if (!calls) return message;
  const asked = calls.map(({ name, arguments: given }) => `${name} ${given}`).join('; ');
  return { role, text: `${text}\n(Looked up: ${asked})`.trim() };
}
