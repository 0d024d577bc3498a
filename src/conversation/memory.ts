import { toPlaceId } from '../conversation-id.ts';
import { ToolError } from '../errors.ts';
import type { Audience, InboundMessage } from '../message.ts';
import { maxFactLength, type NewFact, type Recalled } from '../store/memory-store.ts';
import type { ClaimedTurn, Store, WaitingEvent } from '../store/store.ts';
import { toVisible } from '../tools/tool-result.ts';

export interface MemoryMeans {
  readonly store: Pick<Store, 'recall' | 'forgetPerson'>;
  /** Whether facts are kept and told. People can be forgotten all the same. */
  readonly keepsFacts: boolean;
  /** Turns of these conversations have read what is forgotten now. */
  readonly onForgotten: (conversationIds: readonly string[]) => void;
}

/** Shown to the model at once, and to a person who asks. */
const recalledAtOnce = { model: 30, person: 100 } as const;
const maxPerTurn = 5;

/** Who asks where: all that decides on what may be told. */
export type Asker = Pick<InboundMessage, 'adapter' | 'tenant' | 'conversationId' | 'author' | 'audience'>;

/** Where something is said, and so where it may be told: in the channel, or where its author alone reads, in that conversation. */
function toPlace({ conversationId, audience }: Pick<Asker, 'conversationId' | 'audience'>): string {
  return audience === 'author' ? conversationId : toPlaceId(conversationId);
}

/** Of which places facts may be told there: what was said to all who read a place may be told to one of them. */
function toPlaces(asker: Asker): readonly string[] {
  return [...new Set([toPlace(asker), toPlaceId(asker.conversationId)])];
}

const nothing: Recalled = { facts: [], ofTenant: [], hasMore: false };

/** What may be told in answer to this person, in this place. */
export async function recall(
  means: MemoryMeans | undefined,
  { asker, forModel }: { readonly asker: Asker; readonly forModel: boolean },
): Promise<Recalled> {
  if (!means?.keepsFacts || asker.author.isBot) return nothing;
  const { adapter, tenant, author, audience } = asker;
  const found = await means.store.recall({
    ...{ adapter, tenant, person: author.id, places: toPlaces(asker), takesPublic: audience !== 'outside' },
    limit: forModel ? recalledAtOnce.model : recalledAtOnce.person,
    uses: forModel,
  });
  return audience === 'outside' ? { ...found, ofTenant: [] } : found;
}

/** Text as it is kept: one line that shows all that it holds. Empty where it is too long. */
export function toFactText(text: string): string {
  const line = toVisible(text).replaceAll(/\s+/g, ' ').trim();
  return line.length > maxFactLength ? '' : line;
}

export function toNewFact({ seq, event }: WaitingEvent, text: string): NewFact {
  const audience: Audience | undefined = 'audience' in event ? event.audience : undefined;
  const isDirect = event.type === 'message' && event.isDirect;
  const place = toPlace({ conversationId: event.conversationId, audience });
  return { seq, text, place, isPublic: audience === 'public' && !isDirect };
}

/** What the model wants to be remembered while it answers. */
export interface Notes {
  /** What the model is told. Throws a ToolError where it is not to be remembered. */
  add(words: string, untrusted: boolean): string;
  /** In order. */
  readonly facts: readonly NewFact[];
}

/**
 * What a person says is remembered in the person's own words alone: so nobody else's get in, whoever has talked the model into it, and the message that
 * they go with is known. Where strangers wrote a part of the context, the person must have asked for it, too.
 */
export function createNotes(turn: ClaimedTurn, questions: readonly InboundMessage[]): Notes {
  const newest = questions.at(-1);
  // Not of commands: `Answer this` gives one the words of somebody else.
  const own = turn.events.filter(({ event }) => event.type === 'message' && event.author.id === newest?.author.id);
  const facts: NewFact[] = [];
  return {
    facts,
    add: (words, untrusted) => {
      const text = toFactText(words);
      if (!newest || newest.author.isBot) throw new ToolError('Nothing is remembered of a program.');
      if (text === '') throw new ToolError(`Give what is to be remembered, in at most ${maxFactLength} characters.`);
      const said = own.findLast(({ event }) => 'text' in event && holds(event.text, text));
      if (!said || !('text' in said.event)) throw new ToolError(notOwn);
      if (untrusted && !asksToRemember.test(said.event.text)) throw new ToolError(notAsked);
      if (facts.some((fact) => fact.text === text)) return noted;
      if (facts.length >= maxPerTurn) throw new ToolError(`Not remembered: ${maxPerTurn} things at once are enough.`);
      facts.push(toNewFact(said, text));
      return noted;
    },
  };
}

const noted = 'It is kept together with this answer, and the person is told so below it.';
const notOwn = 'Not remembered: give words that stand so in the newest message of the person who asks, without changing any.';
const notAsked = 'Not remembered: others wrote a part of what you see, and the person did not ask for it to be remembered.';
const asksToRemember =
  /\b(?:remember|memori[sz]e|keep in mind|(?:do not|don[’']t) forget|take note|note that|merk(?:e)?|vergiss nicht|souviens|retiens|recuerda)\b/i;

/** Word for word, whatever stands between the words. */
function holds(message: string, words: string): boolean {
  const wanted = toWords(words);
  return wanted !== '  ' && toWords(message).includes(wanted);
}

function toWords(text: string): string {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu);
  return ` ${(words ?? []).join(' ')} `;
}

/** What the person reads below an answer that has remembered something. */
export function toRememberedNote(facts: readonly NewFact[]): string {
  const texts = facts.map(({ text }) => `“${text}”`).join(', ');
  return `_Remembered: ${texts}. \`/memory\` shows what I keep of you._`;
}
