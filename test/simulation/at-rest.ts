import type { Store } from '../../src/store/store.ts';
import type { OutboxState } from './ledger.ts';
import type { Commit, Observer } from './observer.ts';
import type { People, Question } from './people.ts';
import type { Platform, Post } from './platform.ts';
import { answeredIn } from './simulated-model.ts';

export interface AtRest {
  readonly store: Store;
  readonly outbox: ReadonlyMap<string, OutboxState>;
  readonly observer: Observer;
  readonly people: People;
  readonly platforms: ReadonlyMap<string, Platform>;
  /** Dead parts have been replayed: all must stand there now, and those that came late need not stand in order. */
  readonly replayed: ReadonlySet<string>;
}

/** What is wrong with the world now that nothing moves any more; empty when nothing is. */
export async function findViolations(world: AtRest): Promise<string[]> {
  const found: string[] = [];
  for (const question of world.people.questions) found.push(...(await checkQuestion(world, question)));
  for (const { id, adapter } of world.people.conversations) {
    const commits = world.observer.commits.filter(({ conversationId }) => conversationId === id);
    const posts = world.platforms.get(adapter)?.shown(id) ?? [];
    found.push(...checkPosts(world, commits, posts), ...checkEchoes(commits, posts), ...checkOrder(world, id, commits));
    found.push(...(await checkTranscript(world, id, commits)));
  }
  return [...found, ...(await checkDeadLetters(world))];
}

/** Nothing that was acknowledged is lost, every question has one reply, and every event its verdict. */
async function checkQuestion({ store, observer, people }: AtRest, question: Question): Promise<string[]> {
  const { event, id } = question;
  const found: string[] = [];
  const covering = observer.commits.filter(({ events }) => events.some((each) => each.event.eventId === event.eventId));
  if (people.areDone() && !question.isAcknowledged) found.push(`${id} was never acknowledged`);
  if (covering.length > 1) found.push(`${id} was answered by ${covering.length} turns`);
  if (covering.length === 0 && !question.isDeleted) found.push(`${id} was acknowledged, and never answered`);
  const status = await store.status({ adapter: event.adapter, tenant: event.tenant, eventId: event.eventId });
  if (!status) found.push(`${id} is not in the ledger`);
  else if (['waiting', 'running', 'delivering'].includes(status.state)) found.push(`${id} has no verdict, it is ${status.state}`);
  else if (status.state === 'ignored' && !question.isDeleted) found.push(`${id} was ignored: ${status.reason}`);
  return found;
}

/** Each part stands there once, whole and in order, and nothing beside them. */
function checkPosts({ outbox, replayed }: AtRest, commits: readonly Commit[], posts: readonly Post[]): string[] {
  const found: string[] = [];
  const unclaimed = new Set(posts);
  let last = -1;
  for (const { id, text } of commits.flatMap(({ outcome }) => outcome.parts)) {
    const state = outbox.get(id);
    const own = posts.filter((post) => belongsTo(post, id, state));
    for (const post of own) unclaimed.delete(post);
    if (state?.state === 'dead') continue;
    if (state?.state !== 'sent') found.push(`part ${id} is ${state?.state ?? 'not in the outbox'}`);
    if (own.length !== 1) found.push(`part ${id} stands there ${own.length} times: ${text}`);
    const [post] = own;
    if (!post) continue;
    if (post.text !== text) found.push(`${post.id} shows "${post.text}" in place of "${text}"`);
    if (state?.receipt !== post.id && state?.receipt !== id) found.push(`part ${id} stands there as ${post.id}, not as ${state?.receipt}`);
    const position = posts.indexOf(post);
    if (!replayed.has(id) && position < last) found.push(`part ${id} stands before the one that precedes it`);
    last = Math.max(last, replayed.has(id) ? last : position);
  }
  for (const { id, text } of unclaimed) found.push(`${id} stands there and belongs to no answer: ${text}`);
  return [...found, ...checkTails(outbox, commits)];
}

/** A message that a stream has opened may have become another answer than it was to be, if the question was taken away meanwhile. */
function belongsTo({ id, partId }: Post, part: string, state: OutboxState | undefined): boolean {
  return partId === part || (state?.state === 'sent' && id === state.receipt);
}

/** A tail without its head misleads. */
function checkTails(outbox: AtRest['outbox'], commits: readonly Commit[]): string[] {
  return commits
    .filter(({ outcome }) => {
      const states = outcome.parts.map(({ id }) => outbox.get(id)?.state);
      return states.includes('dead') && states.lastIndexOf('sent') > states.indexOf('dead');
    })
    .map(({ turnId }) => `turn ${turnId} shows a later part without an earlier one`);
}

/** What is to be read there names every question once, and those of its turn. */
function checkEchoes(commits: readonly Commit[], posts: readonly Post[]): string[] {
  const found: string[] = [];
  const seen = new Map<string, number>();
  for (const id of answeredIn(posts.map(({ text }) => text).join(''))) seen.set(id, (seen.get(id) ?? 0) + 1);
  for (const [id, times] of seen) if (times > 1) found.push(`${id} is answered ${times} times where people can see it`);
  for (const { outcome, events, turnId } of commits) {
    if (!outcome.answer) continue;
    const asked = events.map(({ event }) => event.eventId.replace('E-', '')).join(' ');
    const answered = answeredIn(outcome.answer.text).join(' ');
    if (asked !== answered) found.push(`turn ${turnId} took ${asked} and its answer is to ${answered}`);
  }
  return found;
}

/** Turns take what was accepted, in the order in which it was. */
function checkOrder({ observer }: AtRest, conversationId: string, commits: readonly Commit[]): string[] {
  const asked = observer.accepted.get(conversationId) ?? [];
  const answered = commits.flatMap(({ events }) => events.map(({ event }) => event.eventId));
  const expected = asked.filter((id) => answered.includes(id));
  return expected.join(' ') === answered.join(' ') ? [] : [`${conversationId} was asked ${asked.join(' ')} and answered ${answered.join(' ')}`];
}

async function checkTranscript({ store, observer }: AtRest, conversationId: string, commits: readonly Commit[]): Promise<string[]> {
  const expected: string[] = [];
  for (const { outcome, events } of commits) {
    const kept = new Set(outcome.events.filter(({ tokens }) => tokens !== undefined).map(({ seq }) => seq));
    for (const { seq, event } of events) {
      const text = observer.wordingOf(event);
      if (kept.has(seq) && text !== undefined) expected.push(text);
    }
    if (outcome.answer) expected.push(outcome.answer.text);
  }
  const transcript = (await store.transcript({ conversationId, limit: 1_000 })).map(({ text }) => text);
  if (transcript.join('\n') === expected.join('\n')) return [];
  return [`the transcript of ${conversationId} is\n${transcript.join('\n')}\nand should be\n${expected.join('\n')}`];
}

/** What is dead can be found by the operator. */
async function checkDeadLetters({ store, outbox, observer }: AtRest): Promise<string[]> {
  const letters = await store.listDeadLetters({ limit: 1_000 });
  const ids = new Set(letters.map(({ id }) => id));
  const found: string[] = [];
  for (const { outcome, turnId } of observer.commits) {
    if (outcome.failure && !ids.has(turnId)) found.push(`turn ${turnId} failed without a dead letter`);
    const firstDead = outcome.parts.find(({ id }) => outbox.get(id)?.state === 'dead');
    if (firstDead && !ids.has(firstDead.id)) found.push(`part ${firstDead.id} is dead without a dead letter`);
  }
  return found;
}
