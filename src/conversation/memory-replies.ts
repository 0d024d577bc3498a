import type { InboundEvent } from '../message.ts';
import { maxFactLength, type Fact, type Forgotten, type Recalled } from '../store/memory-store.ts';
import type { ClaimedTurn, WaitingEvent } from '../store/store.ts';
import type { ParleyCommand } from './commands.ts';
import { recall, toFactText, toNewFact, toRememberedNote, type Asker, type MemoryMeans } from './memory.ts';
import type { TurnResult } from './turn-outcome.ts';

export type MemoryCommand = Extract<ParleyCommand, { readonly name: 'memory' | 'remember' | 'forget' }>;

export interface MemoryRequest {
  readonly turn: ClaimedTurn;
  readonly command: MemoryCommand;
  readonly memory: MemoryMeans | undefined;
}

/** Undefined where the lease was lost before anything was done. */
export async function obeyMemory({ turn, command, memory }: MemoryRequest): Promise<TurnResult | undefined> {
  const [first] = turn.events;
  const asker = first && toAsker(first.event);
  if (!first || !asker || !memory) return reply(command, 'Nothing is remembered here.');
  if (command.name === 'remember') return memory.keepsFacts ? remember(first, command.text) : reply(command, isOff);
  if (command.name === 'forget') return command.isMeant ? forget({ turn, first, asker, memory }) : reply(command, howToForget);
  const found = await recall(memory, { asker, forModel: false });
  return reply(command, toList(found, memory.keepsFacts));
}

function toAsker(event: InboundEvent): Asker | undefined {
  return event.type === 'message' || event.type === 'command' ? event : undefined;
}

function reply({ name }: Pick<MemoryCommand, 'name'>, text: string): TurnResult {
  return { text, verdict: 'answered', reason: `/${name}`, tokens: new Map() };
}

const isOff = 'I do not remember anything beyond a conversation here: whoever runs me has switched it off.';
const howToForget =
  'To have me erase what I keep of you, write `/forget me`. To start this conversation afresh and keep the rest, write `/reset`.';

function remember(said: WaitingEvent, text: string): TurnResult {
  const command = { name: 'remember' } as const;
  const fact = toFactText(text);
  if (fact === '')
    return reply(command, `Write what I am to remember behind it, in at most ${maxFactLength} characters: \`/remember TEXT\`.`);
  const remembers = [toNewFact(said, fact)];
  return { ...reply(command, toRememberedNote(remembers)), remembers };
}

const kept =
  'Beside that I keep what was said in the conversations that I take part in, each for itself. `/forget me` erases what I keep of you.';

function toList({ facts, ofTenant, hasMore }: Recalled, keepsFacts: boolean): string {
  if (!keepsFacts) return `${isOff} ${kept}`;
  const more = hasMore ? 'I keep more that you told me elsewhere, which I do not repeat here: ask me there.' : '';
  const own = facts.length > 0 ? ['What I remember of you:', ...facts.map(toLine)].join('\n') : '';
  const none = hasMore ? 'There is nothing that I may tell here.' : 'I remember nothing of you.';
  const shared = ofTenant.length > 0 ? ['What I was told for everybody here:', ...ofTenant.map(toLine)].join('\n') : '';
  return [own === '' ? none : own, shared, more, kept].filter((each) => each !== '').join('\n\n');
}

function toLine({ text, at }: Fact): string {
  return `- ${new Date(at).toISOString().slice(0, 10)}: ${text}`;
}

interface Forgetting {
  readonly turn: ClaimedTurn;
  readonly first: WaitingEvent;
  readonly asker: Asker;
  readonly memory: MemoryMeans;
}

async function forget({ turn, first, asker, memory }: Forgetting): Promise<TurnResult | undefined> {
  const { owner, conversationId, token, attempt } = turn;
  const { adapter, tenant, author } = asker;
  // Whoever writes a ticket may say of themselves what they like.
  const isVouched = adapter !== 'webhook';
  const forgotten = await memory.store.forgetPerson({
    ...{ adapter, tenant, person: author.id },
    ...(isVouched ? {} : { conversationId }),
    by: { owner, conversationId, token, seq: first.seq },
  });
  if (!forgotten) return undefined;
  memory.onForgotten(forgotten.interrupted);
  // An attempt before may have done it: what was left for this one says little.
  return reply({ name: 'forget' }, toForgottenText(forgotten, { isFirst: attempt === 1, isVouched }));
}

interface Told {
  readonly isFirst: boolean;
  readonly isVouched: boolean;
}

function toForgottenText({ facts, messages, conversations, waiting, underWay }: Forgotten, { isFirst, isVouched }: Told): string {
  const where = isVouched ? 'everywhere here' : 'in this conversation';
  const counts = isFirst
    ? `: ${count(facts, 'thing')} that I was to remember, and ${count(messages, 'message')} of yours in ${count(conversations, 'conversation')}`
    : '';
  const lines = [
    `Done. I have erased what I kept of you ${where}${counts}, with what came with them, the answers that I gave with them in view, and what tools were asked and said for them.`,
    waiting > 0 ? `${count(waiting, 'question')} of yours that still waited ${waiting === 1 ? 'gets' : 'get'} no answer.` : '',
    underWay > 0
      ? `${count(underWay, 'message')} of mine ${underWay === 1 ? 'is' : 'are'} on the way already and will still arrive.`
      : '',
    'What I cannot erase: the messages that this platform shows, what others have written about you, and what the provider of the AI model keeps. That you asked, and how often, stays counted.',
    isVouched ? '' : 'Whoever runs me can erase the rest.',
  ];
  return lines.filter((line) => line !== '').join('\n\n');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
