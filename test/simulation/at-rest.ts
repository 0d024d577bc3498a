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
  readonly isAlive: (process: string) => boolean;
  /** Dead parts have been replayed: all must stand there now, and those that came late need not stand in order. */
  readonly replayed: ReadonlySet<string>;
}

export interface Findings {
  /** What is wrong. */
  readonly violations: string[];
  /** What is known to be beyond repair. */
  readonly residue: Residue[];
}

/** `late`: written without a lease by a process that has not learned of it. `remains`: begun by a stream, and nothing will complete it. */
export type Residue = 'late' | 'remains';

/** Looks at the world now that nothing moves any more. */
export async function examine(world: AtRest): Promise<Findings> {
  const violations: string[] = [];
  const residue: Residue[] = [];
  for (const question of world.people.questions) violations.push(...(await checkQuestion(world, question)));
  for (const { id, adapter } of world.people.conversations) {
    const commits = world.observer.commits.filter(({ conversationId }) => conversationId === id);
    const platform = world.platforms.get(adapter)!; // every conversation is on one of them
    const shown = checkPosts(world, commits, { platform, posts: platform.shown(id) });
    violations.push(...shown.violations, ...checkEchoes(commits, shown.answers), ...checkOrder(world, id, commits));
    violations.push(...(await checkTranscript(world, id, commits)));
    residue.push(...shown.residue);
  }
  violations.push(...(await checkDeadLetters(world)));
  return { violations, residue };
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

interface Shown {
  readonly platform: Platform;
  /** In one conversation, oldest first. */
  readonly posts: readonly Post[];
}

/** Each part stands there once, whole and in order, and nothing beside them. */
function checkPosts(world: AtRest, commits: readonly Commit[], { platform, posts }: Shown): Findings & { readonly answers: Post[] } {
  const { outbox, replayed } = world;
  const violations: string[] = [...checkTails(outbox, commits)];
  const residue: Residue[] = [];
  const answers = new Set<Post>();
  let last = -1;
  for (const { id, text } of commits.flatMap(({ outcome }) => outcome.parts)) {
    const state = outbox.get(id);
    if (state?.state === 'dead') continue;
    if (state?.state !== 'sent') violations.push(`part ${id} is ${state?.state ?? 'not in the outbox'}`);
    const post = posts.find((each) => each.id === state?.receipt || (state?.receipt === id && each.mark === id));
    if (!post) {
      violations.push(`part ${id} does not stand there, although it was sent: ${text}`);
      continue;
    }
    if (answers.has(post)) violations.push(`${post.id} is recorded as two parts`);
    answers.add(post);
    if (post.text !== text && post.latest.isLate) residue.push('late');
    else if (post.text !== text) violations.push(`${post.id} shows "${post.text}" in place of "${text}"`);
    const position = posts.indexOf(post);
    if (!replayed.has(id) && position < last) violations.push(`part ${id} stands before the one that precedes it`);
    last = Math.max(last, replayed.has(id) ? last : position);
  }
  for (const post of posts) {
    if (answers.has(post)) continue;
    const kind = residueOf(world, platform, post);
    if (kind) residue.push(kind);
    else violations.push(`${post.id} stands there beside the answers: ${post.text}`);
  }
  return { violations, residue, answers: [...answers] };
}

/**
 * What the bot cannot take away, because it does not know of it, and why it is no violation. A process that sleeps between its last look at
 * the clock and the socket writes without a lease. Of the two messages it is to take its own back when the ledger tells it of the other;
 * but it may die before, or never learn that its message stands there. And what a stream has begun stays where the question was deleted
 * meanwhile, or the platform refuses everything about it.
 */
function residueOf(world: AtRest, platform: Platform, { id, origin, latest, text }: Post): Residue | undefined {
  const { observer, outbox, replayed, people, isAlive } = world;
  if ([origin, latest].some(({ partId }) => outbox.get(partId)?.state === 'dead')) return 'remains';
  if (platform.posts.some((post) => post.origin.partId === origin.partId && post.origin.isLate)) {
    return isAlive(origin.by) && observer.hasReported(origin.by, id) ? undefined : 'late';
  }
  if (!origin.isStream) return undefined;
  if (replayed.has(origin.partId)) return 'remains';
  const deleted = new Set(people.questions.filter(({ isDeleted }) => isDeleted).map((question) => question.id));
  const isCommitted = observer.commits.some(({ outcome }) => outcome.parts.some((part) => part.id === origin.partId));
  const [firstId = ''] = answeredIn(`${text}|`);
  return !isCommitted && deleted.has(firstId) ? 'remains' : undefined;
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
function checkEchoes(commits: readonly Commit[], answers: readonly Post[]): string[] {
  const found: string[] = [];
  const seen = new Map<string, number>();
  for (const id of answeredIn(answers.map(({ text }) => text).join(''))) seen.set(id, (seen.get(id) ?? 0) + 1);
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

/** It says what was said, as it reads now, and what was answered, in the order in which it was. */
async function checkTranscript({ store, people }: AtRest, conversationId: string, commits: readonly Commit[]): Promise<string[]> {
  const questions = new Map(people.questions.map((question) => [question.event.eventId, question]));
  const expected: string[] = [];
  for (const { outcome, events } of commits) {
    const kept = new Set(outcome.events.filter(({ tokens }) => tokens !== undefined).map(({ seq }) => seq));
    for (const { seq, event } of events) {
      const question = questions.get(event.eventId);
      if (kept.has(seq) && question && !question.isDeleted) expected.push(question.wording);
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
