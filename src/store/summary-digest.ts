import { hash } from 'node:crypto';
import type { SummarisableMessage } from './summary-store.ts';

/** Tells whether messages still are what they were, none of them left out. */
export function digestOfMessages(messages: readonly Pick<SummarisableMessage, 'seq' | 'text'>[]): string {
  return hash('sha256', JSON.stringify(messages.map(({ seq, text }) => [seq, text])), 'base64url');
}
