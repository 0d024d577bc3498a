import type { AtRest } from './at-rest.ts';
import type { Question } from './people.ts';
import type { Post } from './platform.ts';
import type { ShownFindings } from './shown.ts';
import { answeredIn } from './simulated-model.ts';

/** Of the words that an answer names, the question and how often that had been edited. */
interface Named {
  readonly id: string;
  readonly edits: number;
}

/**
 * Looks at the world now that nothing moves any more, where people have edited, deleted and pressed. One visible answer to each question; none to
 * one that is gone; to the newest one it covers the last text; nothing else stands there, and nothing that is gone is remembered.
 */
export async function examineRevised(world: AtRest): Promise<ShownFindings> {
  const { people, platforms, outbox } = world;
  const violations: string[] = [];
  const letters = await world.store.listDeadLetters({ limit: 1_000 });
  for (const { id: conversationId, adapter } of people.conversations) {
    const posts = platforms.get(adapter)?.shown(conversationId) ?? [];
    const questions = people.questions.filter(({ conversation }) => conversation.id === conversationId);
    violations.push(...(await checkVerdicts(world, questions)));
    // What a platform has refused for good may be anything; that is in the dead letters.
    if (letters.some((letter) => letter.conversationId === conversationId)) continue;
    if (posts.some(({ origin, latest }) => origin.isLate || latest.isLate)) continue;
    violations.push(...checkAnswers(questions, posts), ...checkStrangers(outbox, posts));
    violations.push(...(await checkNewest(world, { conversationId, questions, posts })));
    const transcript = await world.store.transcript({ conversationId, limit: 1_000 });
    for (const { text } of transcript) {
      const gone = questions.find(({ id, isDeleted }) => isDeleted && (text.startsWith(`[${id}]`) || text.startsWith(`[${id}v`)));
      if (gone) violations.push(`${gone.id} was deleted, and is remembered`);
    }
  }
  return { violations, residue: [] };
}

async function checkVerdicts({ store }: AtRest, questions: readonly Question[]): Promise<string[]> {
  const found: string[] = [];
  for (const { id, event, isDeleted } of questions) {
    const status = await store.status({ adapter: event.adapter, tenant: event.tenant, eventId: event.eventId });
    if (!status) found.push(`${id} is not in the ledger`);
    else if (['waiting', 'running', 'delivering'].includes(status.state))
      found.push(`${id} has no verdict, it is ${status.state}`);
    else if (status.state === 'ignored' && !isDeleted) found.push(`${id} was ignored: ${status.reason}`);
  }
  return found;
}

/** The parts of an answer stand one after the other: together they say what was answered. */
function namedIn(posts: readonly Post[]): Named[] {
  return answeredIn(posts.map(({ text }) => text).join('')).map((name) => {
    const [id = '', edits = '0'] = name.split('v');
    return { id, edits: Number(edits) };
  });
}

function checkAnswers(questions: readonly Question[], posts: readonly Post[]): string[] {
  const named = namedIn(posts).map(({ id }) => id);
  const found: string[] = [];
  for (const { id, isDeleted } of questions) {
    const times = named.filter((each) => each === id).length;
    if (times > 1) found.push(`${id} is answered ${times} times where people can see it`);
    if (isDeleted && times > 0 && isAlone(id, posts)) found.push(`${id} was deleted, and its answer stands there`);
  }
  return found;
}

/** Whether the answer to it is to nothing else. One that is to others too can only be changed while it is the newest. */
function isAlone(id: string, posts: readonly Post[]): boolean {
  const together = [
    ...posts
      .map(({ text }) => text)
      .join('')
      .matchAll(/«([^|»]*)\|/g),
  ].map(([, ids = '']) => ids.trim().split(' '));
  return together.every((ids) => ids.length === 1 || !ids.some((each) => each.split('v')[0] === id));
}

/** Nothing stands there that the ledger does not know as shown. */
function checkStrangers(outbox: AtRest['outbox'], posts: readonly Post[]): string[] {
  const known = new Set([...outbox.values()].flatMap(({ receipt }) => receipt ?? []));
  return posts
    .filter(({ id, mark = id }) => !known.has(id) && !known.has(mark))
    .map(({ id, text }) => `${id} stands there, and nobody knows of it: ${text}`);
}

interface Place {
  readonly conversationId: string;
  readonly questions: readonly Question[];
  readonly posts: readonly Post[];
}

/** Where nobody has asked after it or taken anything back, the newest answer is to what the question says now. */
async function checkNewest({ store }: AtRest, { conversationId, questions, posts }: Place): Promise<string[]> {
  if (questions.some(({ isDeleted, isCommand }) => isDeleted || isCommand)) return [];
  const transcript = await store.transcript({ conversationId, limit: 1_000 });
  const lastAnswer = transcript.findLastIndex(({ role }) => role === 'assistant');
  const asked = transcript.slice(0, lastAnswer).toReversed();
  const lastAsked = asked.slice(
    0,
    Math.max(
      1,
      asked.findIndex(({ role }) => role === 'assistant'),
    ),
  );
  if (transcript.length === 0 || lastAnswer !== transcript.length - 1) return [];
  const named = namedIn(posts);
  return questions
    .filter(({ wording }) => lastAsked.some(({ text }) => text === wording))
    .flatMap(({ id, edits }) => {
      const answer = named.find((each) => each.id === id);
      if (!answer) return [`${id} is the newest question, and no answer to it stands there`];
      return answer.edits === edits
        ? []
        : [`${id} was edited ${edits} times, and the answer is to the text after ${answer.edits}`];
    });
}
