import { hash } from 'node:crypto';
import { parseFileBlock } from '../file-block.ts';
import { holdsAt } from '../place-rule.ts';
import type { FeedbackStore, SolvedTurn } from '../store/feedback-store.ts';
import { indexVersion, type DocumentItem, type Listing } from './document-item.ts';
import type { SourceContent } from './source.ts';

type Tickets = Extract<SourceContent, { type: 'tickets' }>;

const maxTickets = 2_000;
/** The ledger is asked for a few at a time: it has other things to do. */
const pageSize = 50;
const maxTitle = 120;

/**
 * Questions and their answers out of the own ledger, as they read now. What was edited, deleted or withdrawn since, or found bad by
 * somebody, is another document or none. Files that came with a question are no part of it.
 */
export async function listTickets({ of, minGood }: Tickets, store: Pick<FeedbackStore, 'listSolved'>): Promise<Listing> {
  const items: DocumentItem[] = [];
  let before: number | undefined;
  do {
    const page = await store.listSolved({ minGood, limit: pageSize, before });
    items.push(...page.filter((turn) => holdsAt(of, turn)).flatMap(toItem));
    before = page.length < pageSize ? undefined : page.at(-1)?.cursor;
  } while (before !== undefined && items.length < maxTickets);
  return { items: items.slice(0, maxTickets), atOnce: 32, problems: [], keeps: () => false };
}

function toItem({ turnId, questions, answer }: SolvedTurn): readonly DocumentItem[] {
  const asked = questions.filter((question) => question.trim() !== '' && parseFileBlock(question) === undefined);
  if (asked.length === 0 || answer.trim() === '') return [];
  const title = (asked[0] ?? '').replaceAll(/\s+/g, ' ').trim().slice(0, maxTitle).toWellFormed();
  const text = `${asked.join('\n\n')}\n\n${answer}`;
  const digest = hash('sha256', JSON.stringify([indexVersion, text]));
  const content = { text, title, hash: digest, markdown: true };
  return [
    {
      source: `ticket ${turnId}`,
      read: ({ document }) => Promise.resolve(document?.hash === digest ? { type: 'unchanged' } : { type: 'read', content }),
    },
  ];
}
