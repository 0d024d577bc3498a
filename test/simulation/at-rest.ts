import type { Store, TurnOutcome } from '../../src/store/store.ts';
import type { Question } from './people.ts';
import type { Platform } from './platform.ts';
import { checkShown, type ShownFindings, type ShownWorld } from './shown.ts';
import type { Commit } from './watch-turns.ts';
import { eventIdsOf } from './watch.ts';

export interface AtRest extends ShownWorld {
  readonly store: Store;
  readonly platforms: ReadonlyMap<string, Platform>;
}

/** Looks at the world now that nothing moves any more. */
export async function examine(world: AtRest): Promise<ShownFindings> {
  const { people, observer, platforms } = world;
  const violations: string[] = [];
  const residue: ShownFindings['residue'] = [];
  for (const question of people.questions) violations.push(...(await checkQuestion(world, question)));
  for (const { id, adapter } of people.conversations) {
    const commits = observer.commits.filter(({ conversationId }) => conversationId === id);
    const shown = checkShown(world, { id, commits, platform: platforms.get(adapter)! }); // every conversation is on one of them
    residue.push(...shown.residue);
    violations.push(...shown.violations, ...checkOrder(world, id, commits), ...(await checkTranscript(world, id, commits)));
  }
  violations.push(...(await checkDeadLetters(world)), ...checkBlame(world));
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

/** Turns take what was accepted, in the order in which it was. */
function checkOrder({ observer }: AtRest, conversationId: string, commits: readonly Commit[]): string[] {
  const asked = observer.accepted.get(conversationId) ?? [];
  const answered = commits.flatMap(({ events }) => events.map(({ event }) => event.eventId));
  const expected = asked.filter((id) => answered.includes(id));
  return expected.join(' ') === answered.join(' ')
    ? []
    : [`${conversationId} was asked ${asked.join(' ')} and answered ${answered.join(' ')}`];
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
  const all = await store.transcript({ conversationId, limit: 1_000 });
  // Remarks of Parley itself, that an answer did not arrive.
  const transcript = all.filter(({ authorId }) => authorId !== 'parley').map(({ text }) => text);
  if (transcript.join('\n') === expected.join('\n')) return [];
  return [`the transcript of ${conversationId} is\n${transcript.join('\n')}\nand should be\n${expected.join('\n')}`];
}

/** Where processes die of one question and of nothing else, no other one is given up for it. */
function checkBlame({ observer, people }: AtRest): string[] {
  const guilty = people.questions.find(({ isPoison }) => isPoison)?.event.eventId;
  if (guilty === undefined) return [];
  return observer.commits
    .filter(({ outcome, events }) => isGivenUp(outcome) && events.every(({ event }) => event.eventId !== guilty))
    .map(({ events }) => `${eventIdsOf(events)} got no answer because of ${guilty}`);
}

function isGivenUp({ failure }: TurnOutcome): boolean {
  return failure?.message.includes('the process ended') === true;
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
