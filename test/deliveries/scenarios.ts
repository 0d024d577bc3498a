import type { Pool } from 'undici';
import { systemClock } from '../../src/clock.ts';
import type { Random } from '../kill/random.ts';
import type { Desk } from './desk.ts';
import { pickConversation, toDelivery, toHostile, toMark } from './events.ts';
import type { Delivery, EventNames, EventPlace, Wording } from './events.ts';

export interface ScenarioOptions {
  readonly pool: Pool;
  readonly desk: Desk;
  readonly names: EventNames;
  readonly count: number;
  readonly random: Random;
}

/** What has been sent, and what it must have come to. */
export interface Tally {
  readonly sent: number;
  readonly accepted: number;
  /** By kind, with how many of them there were. */
  readonly duplicates: ReadonlyMap<string, number>;
  readonly hostile: ReadonlyMap<string, number>;
  /** Of accepted events, in ms from the sending: until the acknowledgement, and until the answer. */
  readonly ackMs: readonly number[];
  readonly answerMs: readonly number[];
  /** Where the statuses, or the answers that the desk has seen, are not what they must be. */
  unkept(desk: Desk): string[];
}

export interface Scenarios {
  readonly tally: Tally;
  /** One event from its sending to its answer, with what comes a second time, or one hostile request. */
  next(): Promise<void>;
}

/** Of the deliveries a tenth comes a second time, and a hundredth is hostile. */
const duplicateShare = 0.1;
const hostileShare = 0.01;
const eventsPerConversation = 5;

export function createScenarios({ pool, desk, names, count, random }: ScenarioOptions): Scenarios {
  const conversations = Math.ceil(count / eventsPerConversation);
  const places: EventPlace[] = [];
  const duplicates = new Map<string, number>();
  const hostile = new Map<string, number>();
  const problems: string[] = [];
  const [ackMs, answerMs]: [number[], number[]] = [[], []];
  let sent = 0;
  let made = 0;
  let attacks = 0;
  let accepted = 0;
  let last = 0;

  async function post(delivery: Delivery): Promise<Response> {
    sent += 1;
    const { method, path, headers, body } = delivery;
    const response = await pool.request({ path, method, headers, body: method === 'GET' ? null : body });
    const content = await response.body.text();
    return { code: response.statusCode, status: content.startsWith('{') ? String(JSON.parse(content).status) : content };
  }

  /** In whatever order they are answered with. */
  function expect(what: string, responses: readonly Response[], wanted: readonly string[]): void {
    const got = responses.map(({ code, status }) => (code === 202 ? `${code} ${status}` : String(code))).toSorted();
    if (got.join() !== wanted.toSorted().join()) problems.push(`${what}: answered with ${got.join(' and ')}`);
  }

  function place(wording: Wording = 'a'): EventPlace {
    last = pickConversation(random, last, conversations);
    made += 1;
    return { n: made, wording, conversation: last };
  }

  /** Sends an event and what `beside` makes of it at the same time; resolves with its answer. */
  async function ask(event: EventPlace, beside: readonly EventPlace[] = [], afterAck = false): Promise<void> {
    const from = systemClock.monotonic();
    const copies = afterAck ? [] : beside;
    const responses = await Promise.all([event, ...copies].map((each) => post(toDelivery(names, each))));
    ackMs.push(systemClock.monotonic() - from);
    accepted += 1;
    const isConflict = copies.some(({ wording }) => wording !== event.wording);
    const second = isConflict ? '409' : '202 duplicate';
    expect(`event ${event.n}`, responses, ['202 accepted', ...copies.map(() => second)]);
    const taken = isConflict && responses[0]?.code === 409 ? beside[0] : event;
    if (!taken) return;
    places.push(taken);
    if (afterAck)
      for (const each of beside) expect(`event ${event.n} again`, [await post(toDelivery(names, each))], ['202 duplicate']);
    await desk.answered(toMark(taken.n, taken.wording));
    answerMs.push(systemClock.monotonic() - from);
  }

  async function again(event: EventPlace, wording: Wording = event.wording): Promise<void> {
    const expected = wording === event.wording ? '202 duplicate' : '409';
    expect(`event ${event.n} later`, [await post(toDelivery(names, { ...event, wording }))], [expected]);
  }

  /** The event, and its second delivery. */
  const twice: Readonly<Record<string, () => Promise<void>>> = {
    'at the same time': () => askWith((event) => [event]),
    'before its answer': () => askWith((event) => [event], true),
    'after its answer': async () => {
      const event = place();
      await ask(event);
      await again(event);
    },
    'long after its answer': async () => {
      const earlier = places.length > 0 ? random.pick(places.slice(0, Math.ceil(places.length / 2))) : undefined;
      const event = place();
      await ask(event);
      await again(earlier && desk.seen(toMark(earlier.n, earlier.wording)) > 0 ? earlier : event);
    },
    'with another body at the same time': () => askWith((event) => [{ ...event, wording: 'b' }]),
    'with another body after its answer': async () => {
      const event = place();
      await ask(event);
      await again(event, 'b');
    },
  };

  async function askWith(beside: (event: EventPlace) => readonly EventPlace[], afterAck = false): Promise<void> {
    const event = place();
    await ask(event, beside(event), afterAck);
  }

  async function attack(): Promise<void> {
    made += 1;
    attacks += 1;
    const { kind, expected, ...delivery } = toHostile(names, { n: made, turn: attacks });
    hostile.set(kind, (hostile.get(kind) ?? 0) + 1);
    expect(`hostile request ${made} (${kind})`, [await post({ ...delivery, expected })], [String(expected)]);
  }

  return {
    next: async () => {
      // An event that comes twice is two deliveries.
      const chance = random.next() * (1 - duplicateShare);
      if (chance < hostileShare) return attack();
      if (chance >= hostileShare + duplicateShare) return ask(place());
      const kind = random.pick(Object.keys(twice));
      duplicates.set(kind, (duplicates.get(kind) ?? 0) + 1);
      return twice[kind]?.();
    },
    tally: {
      get sent() {
        return sent;
      },
      get accepted() {
        return accepted;
      },
      ...{ duplicates, hostile, ackMs, answerMs },
      unkept: (from) => [...problems, ...checkAnswers(places, from)],
    },
  };
}

interface Response {
  readonly code: number;
  /** Of the job. */
  readonly status: string;
}

/** Each accepted event has exactly one answer, and nothing else has any. */
function checkAnswers(places: readonly EventPlace[], desk: Desk): string[] {
  const expected = new Set(places.map(({ n, wording }) => toMark(n, wording)));
  const lost = [...expected].filter((mark) => desk.seen(mark) === 0);
  const repeated = [...expected].filter((mark) => desk.seen(mark) > 1);
  const uncalled = [...desk.marks.keys()].filter((mark) => !expected.has(mark));
  return [
    ...(lost.length > 0 ? [`${lost.length} accepted events were never answered: ${sampleOf(lost)}`] : []),
    ...(repeated.length > 0 ? [`${repeated.length} events were answered more than once: ${sampleOf(repeated)}`] : []),
    ...(uncalled.length > 0 ? [`${uncalled.length} refused requests were answered: ${sampleOf(uncalled)}`] : []),
  ];
}

function sampleOf(marks: readonly string[]): string {
  return marks.slice(0, 10).join(' ');
}
