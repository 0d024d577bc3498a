import type { OutboxState } from './ledger.ts';
import type { Observer } from './observer.ts';
import type { People } from './people.ts';
import type { Platform, Post } from './platform.ts';
import { answeredIn } from './simulated-model.ts';
import type { Commit } from './watch-turns.ts';

/**
 * `second`: a message that was sent without a lease, or the one that it doubles. `begun`: a stream that was opened without one. `overwritten`:
 * an answer that a stream without a lease has written over. `remains`: begun by a stream, and nothing will complete it.
 */
export type Residue = 'second' | 'begun' | 'overwritten' | 'remains';

export interface ShownWorld {
  readonly outbox: ReadonlyMap<string, OutboxState>;
  readonly observer: Observer;
  readonly people: People;
  readonly isAlive: (process: string) => boolean;
  /** Dead parts have been replayed: all must stand there now, and those that came late need not stand in order. */
  readonly replayed: ReadonlySet<string>;
}

export interface Conversation {
  readonly id: string;
  readonly platform: Platform;
  readonly commits: readonly Commit[];
}

export interface ShownFindings {
  /** What is wrong. */
  readonly violations: string[];
  /** What is known to be beyond repair. */
  readonly residue: Residue[];
}

/** What people see: each part of each answer once, whole and in order, and nothing beside them. */
export function checkShown(world: ShownWorld, conversation: Conversation): ShownFindings {
  const { platform, commits } = conversation;
  const posts = platform.shown(conversation.id);
  const found = findAnswers(world, commits, posts);
  const violations = [...found.violations, ...checkTails(world.outbox, commits), ...checkEchoes(commits, found.answers)];
  const residue = [...found.residue];
  for (const post of posts) {
    if (found.answers.includes(post)) continue;
    const kind = residueOf(world, platform, post);
    if (kind) residue.push(kind);
    else violations.push(`${post.id} stands there beside the answers: ${post.text}`);
  }
  return { violations, residue };
}

function findAnswers({ outbox, replayed }: ShownWorld, commits: readonly Commit[], posts: readonly Post[]) {
  const violations: string[] = [];
  const residue: Residue[] = [];
  const answers: Post[] = [];
  let last = -1;
  for (const { id, text } of commits.flatMap(({ outcome }) => outcome.parts)) {
    const { state, receipt } = outbox.get(id) ?? {};
    if (state === 'dead') continue;
    if (state !== 'sent') violations.push(`part ${id} is ${state ?? 'not in the outbox'}`);
    const position = posts.findIndex((post) => post.id === receipt || (receipt === id && post.mark === id));
    const post = posts[position];
    if (!post) {
      violations.push(`part ${id} does not stand there, although it was sent: ${text}`);
      continue;
    }
    if (answers.includes(post)) violations.push(`${post.id} is recorded as two parts`);
    answers.push(post);
    if (post.text !== text && post.latest.isLate) residue.push('overwritten');
    else if (post.text !== text) violations.push(`${post.id} shows "${post.text}" in place of "${text}"`);
    if (replayed.has(id)) continue;
    if (position < last) violations.push(`part ${id} stands before the one that precedes it`);
    last = Math.max(last, position);
  }
  return { violations, residue, answers };
}

/** A tail without its head misleads. */
function checkTails(outbox: ShownWorld['outbox'], commits: readonly Commit[]): string[] {
  return commits
    .filter(({ outcome }) => {
      const states = outcome.parts.map(({ id }) => outbox.get(id)?.state);
      return states.includes('dead') && states.lastIndexOf('sent') > states.indexOf('dead');
    })
    .map(({ turnId }) => `turn ${turnId} shows a later part without an earlier one`);
}

/** The answers name every question once, and those of their turns. */
function checkEchoes(commits: readonly Commit[], answers: readonly Post[]): string[] {
  const violations: string[] = [];
  const seen = new Map<string, number>();
  // A stopped answer ends in the middle.
  const said = answers
    .map(({ text }) => text)
    .join('')
    .replaceAll('_Stopped._', '»');
  for (const id of answeredIn(said)) seen.set(id, (seen.get(id) ?? 0) + 1);
  for (const [id, times] of seen) if (times > 1) violations.push(`${id} is answered ${times} times where people can see it`);
  for (const { outcome, events, turnId } of commits) {
    // What was stopped may not have come as far as to name anything.
    if (!outcome.answer || outcome.events.some(({ reason }) => reason === 'stopped by a person')) continue;
    const asked = events.map(({ event }) => event.eventId.replace('E-', '')).join(' ');
    const answered = answeredIn(outcome.answer.text).join(' ');
    if (asked !== answered) violations.push(`turn ${turnId} took ${asked} and its answer is to ${answered}`);
  }
  return violations;
}

/**
 * What the bot cannot take away, because it does not know of it, and why it is no violation. A process that sleeps between its last look at
 * the clock and the socket writes without a lease. Of the two messages it is to take its own back when the ledger tells it of the other;
 * but it may die before, or never learn that its message stands there. And what a stream has begun stays where the question was deleted
 * meanwhile, or the platform refuses everything about it.
 */
function residueOf(world: ShownWorld, platform: Platform, { id, origin, latest, text }: Post): Residue | undefined {
  const { observer, outbox, replayed, people, isAlive } = world;
  if ([origin, latest].some(({ partId }) => outbox.get(partId)?.state === 'dead')) return 'remains';
  if (platform.posts.some((post) => post.origin.partId === origin.partId && post.origin.isLate)) {
    // Whoever reported a message beside one that was given up looks no more when somebody replays that.
    if (isAlive(origin.by) && observer.hasReported(origin.by, id) && !replayed.has(origin.partId)) return undefined;
    return origin.isStream ? 'begun' : 'second';
  }
  if (!origin.isStream) return undefined;
  if (replayed.has(origin.partId)) return 'remains';
  const deleted = new Set(people.questions.filter(({ isDeleted }) => isDeleted).map((question) => question.id));
  const isCommitted = observer.commits.some(({ outcome }) => outcome.parts.some((part) => part.id === origin.partId));
  const [firstId = ''] = answeredIn(`${text}|`);
  return !isCommitted && deleted.has(firstId) ? 'remains' : undefined;
}
