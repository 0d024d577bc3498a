import type { ButtonBlock } from './buttons.ts';

/**
 * Slack takes Markdown by itself, or blocks and a text for where they cannot be shown: notifications and screen readers. A message that is revised
 * keeps its buttons unless it gets other blocks.
 */
export function toMessageContent(text: string, blocks: readonly ButtonBlock[], isRevised = false): Record<string, unknown> {
  if (blocks.length === 0 && !isRevised) return { markdown_text: text };
  const summary = text.length > maxSummary ? `${text.slice(0, maxSummary).toWellFormed()}…` : text;
  return { text: summary, blocks: [{ type: 'markdown', text }, ...blocks] };
}

/** Slack cuts a `text` that is longer than it likes. */
const maxSummary = 3_000;
