import { sign } from '../../adapters/webhook/emulator/standard-webhooks.ts';
import type { Random } from '../kill/random.ts';

/** A request as it goes out, and the status that it must be answered with. */
export interface Delivery {
  readonly method: 'POST' | 'GET';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly expected: number;
}

/** One event has two wordings, so that another body can come under its id. */
export type Wording = 'a' | 'b';

export interface EventNames {
  readonly secret: string;
  /** Tells the ids of one run from those of others. */
  readonly run: string;
  /** ms since 1970. */
  readonly now: () => number;
}

export const sourceName = 'desk';
export const maxBodyBytes = 16_384;

/** What the model and the callback must repeat of an event. Hostile ones have marks, too, which nobody must ever see. */
export const markPattern = /\bq(\d+)([abh])q\b/g;

export function toMark(n: number, wording: Wording | 'h'): string {
  return `q${n}${wording}q`;
}

export function toEventId({ run }: Pick<EventNames, 'run'>, n: number): string {
  return `evt_${run}_${n}`;
}

export interface EventPlace {
  readonly n: number;
  readonly wording: Wording;
  readonly conversation: number;
}

/** An event as its sender would deliver it: the same one twice differs by its time only. */
export function toDelivery(names: EventNames, { n, wording, conversation }: EventPlace): Delivery {
  const body = toBody(toMark(n, wording), conversation);
  return post(`/webhooks/${sourceName}`, { body, headers: signed(names, { id: toEventId(names, n), body }), expected: 202 });
}

/** Every way of being refused, by turns. */
export function toHostile(names: EventNames, { n, turn }: { n: number; turn: number }): Delivery & { readonly kind: string } {
  const [kind, make] = hostile[turn % hostile.length]!; // within its bounds
  return { kind, ...make({ names, n, id: toEventId(names, n), body: toBody(toMark(n, 'h'), n) }) };
}

export function pickConversation(random: Random, last: number, conversations: number): number {
  // Some are said while a turn of their conversation is running, and share the next one.
  return random.chance(0.2) ? last : random.below(conversations);
}

interface Forged {
  readonly names: EventNames;
  readonly n: number;
  readonly id: string;
  readonly body: string;
}

const path = `/webhooks/${sourceName}`;
const hourSeconds = 3_600;

const hostile: readonly (readonly [string, (forged: Forged) => Delivery])[] = [
  [
    'signed with another secret',
    ({ names, id, body }) => {
      const secret = `whsec_${Buffer.from('another secret of this length').toString('base64')}`;
      return post(path, { body, headers: signed({ ...names, secret }, { id, body }), expected: 401 });
    },
  ],
  ['not signed', ({ body }) => post(path, { body, headers: {}, expected: 401 })],
  [
    'changed after it was signed',
    ({ names, id, body }) => post(path, { body: `${body} `, headers: signed(names, { id, body }), expected: 401 }),
  ],
  ['an hour old', (forged) => shifted(forged, -hourSeconds)],
  ['an hour ahead', (forged) => shifted(forged, hourSeconds)],
  ['cut JSON', ({ names, id, body }) => genuine(names, { id, body: body.slice(0, -2), expected: 400 })],
  ['too deep', ({ names, id, n }) => genuine(names, { id, body: toDeep(n), expected: 400 })],
  [
    'too large',
    ({ names, id, n }) => genuine(names, { id, body: toBody(toMark(n, 'h').padEnd(maxBodyBytes), n), expected: 413 }),
  ],
  ['no text', ({ names, id, n }) => genuine(names, { id, body: `{"ticket":{"id":"${n}"}}`, expected: 422 })],
  [
    'to no source',
    ({ names, id, body }) => post('/webhooks/nobody', { body, headers: signed(names, { id, body }), expected: 404 }),
  ],
  [
    'not as JSON',
    ({ names, id, body }) => {
      const headers = { ...signed(names, { id, body }), 'content-type': 'text/plain' };
      return post(path, { body, headers, expected: 415 });
    },
  ],
  ['by GET', () => ({ method: 'GET', path, headers: {}, body: '', expected: 405 })],
];

function shifted({ names, id, body }: Forged, seconds: number): Delivery {
  const now = (): number => names.now() + seconds * 1_000;
  return post(path, { body, headers: signed({ ...names, now }, { id, body }), expected: 401 });
}

function genuine(names: EventNames, { id, body, expected }: { id: string; body: string; expected: number }): Delivery {
  return post(path, { body, headers: signed(names, { id, body }), expected });
}

function toDeep(n: number): string {
  const depth = 200;
  return `{"comment":{"text":"${toMark(n, 'h')}"},"ticket":${'['.repeat(depth)}${']'.repeat(depth)}}`;
}

function toBody(mark: string, conversation: number): string {
  return JSON.stringify({
    type: 'comment.created',
    ticket: { id: `t${conversation}`, subject: 'A question', status: 'open' },
    comment: { text: `Where is my order? ${mark}`, author: { id: `c${conversation}`, name: 'Ada' } },
  });
}

function signed({ secret, now }: EventNames, { id, body }: { id: string; body: string }): Record<string, string> {
  const timestamp = Math.floor(now() / 1_000);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign({ id, timestamp, body }, secret),
  };
}

function post(to: string, { body, headers, expected }: Pick<Delivery, 'body' | 'headers' | 'expected'>): Delivery {
  return { method: 'POST', path: to, headers: { 'content-type': 'application/json', ...headers }, body, expected };
}
