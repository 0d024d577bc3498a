import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Said } from '../../../adapters/slack/emulator.ts';
import type { MessageStream } from '../../../src/adapter.ts';
import type { OutboundMessage, Receipt } from '../../../src/message.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { answerTo, recordCalls, settled, shownIn, startSlack, streamFor, untilShown } from './harness.ts';
import type { RecordedCall, Slack, SlackSetup } from './harness.ts';

export interface Scene {
  readonly slack: Slack;
  readonly clock: FakeClock;
  readonly said: Said;
  readonly calls: RecordedCall[];
  readonly answer: OutboundMessage;
  readonly stream: MessageStream;
  readonly network: Network;
  /** Lets the grace pass, and waits until Slack shows the beginning. */
  begin(text: string): Promise<void>;
  /** Appends, lets the time between requests pass, and waits until Slack shows this much. */
  grow(text: string, shown: string): Promise<void>;
  /** Lets time pass whenever the network has nothing to do, until the work is done. */
  drive<Result>(work: Promise<Result>): Promise<Result>;
}

export const text = 'The plan is simple: first we look, then we leap, and then we write it all down.';
export const [beginning, middle, end] = [text.slice(0, 20), text.slice(20, 50), text.slice(50)] as const;

/** A question, and an answer to it that begins to stream. */
export async function startStream(
  t: TestContext,
  { words = text, ...setup }: SlackSetup & { words?: string } = {},
): Promise<Scene> {
  const clock = createFakeClock();
  const network = createNetwork();
  const slack = await startSlack(t, { clock, ...setup, options: { fetch: network.fetch, ...setup.options } });
  const said = slack.emulator.say({ text: 'What is the plan?', mention: true });
  await Promise.all(said.deliveries.map(({ acknowledged }) => acknowledged));
  const calls = recordCalls(slack);
  const answer = answerTo(slack, said, words);
  const stream = streamFor(slack, answer);
  return {
    ...{ slack, clock, said, calls, answer, stream, network },
    begin: async (beginningText) => {
      stream.append(beginningText);
      await clock.advance(15);
      await stream.opened;
    },
    grow: async (more, shown) => {
      stream.append(more);
      await clock.advance(700);
      await untilShown(slack, said, ([message]) => message?.text === shown);
      await settled(() => network.underWay() === 0);
      await clock.advance(0);
    },
    drive: (work) => drive({ clock, network }, work),
  };
}

export interface Network {
  readonly fetch: typeof fetch;
  /** Requests that will be answered. */
  underWay(): number;
  /** Requests of streams that were under way at the same time, at most. */
  mostStreaming(): number;
  /** The next request for this method is never answered; the network counts as idle while only it is under way. */
  expectHang(method: string): void;
}

export function createNetwork(): Network {
  const pending = new Set<string>();
  let hanging: string | undefined;
  let count = 0;
  let most = 0;
  return {
    fetch: async (input, init) => {
      count += 1;
      const method = (input instanceof Request ? input.url : input.toString()).split('/').at(-1) ?? '';
      const isHanging = method === hanging;
      if (isHanging) hanging = undefined;
      const key = `${isHanging ? 'hanging' : method} ${count}`;
      pending.add(key);
      most = Math.max(most, [...pending].filter((entry) => entry.includes('Stream')).length);
      // Reading the answer to its end is part of the request.
      try {
        const response = await fetch(input, init);
        const body = await response.arrayBuffer();
        return new Response(body, response);
      } finally {
        pending.delete(key);
      }
    },
    underWay: () => [...pending].filter((key) => !key.startsWith('hanging')).length,
    mostStreaming: () => most,
    expectHang: (method) => {
      hanging = method;
    },
  };
}

export async function drive<Result>(
  { clock, network }: Pick<Scene, 'clock' | 'network'>,
  work: Promise<Result>,
): Promise<Result> {
  let isDone = false;
  const watched = work.finally(() => {
    isDone = true;
  });
  watched.catch(() => undefined); // the caller gets it from the return
  while (!isDone) {
    await settled(() => isDone || network.underWay() === 0);
    await clock.advance(0);
    await clock.advance(0);
    if (isDone || network.underWay() > 0) continue;
    await clock.advance(Math.max(0, (clock.nextAt() ?? clock.now()) - clock.now()));
  }
  return watched;
}

export function methodsOf(calls: readonly RecordedCall[]): string[] {
  return calls.map(({ method }) => method);
}

/** One message, whole, at rest, with the id by which other processes know it. */
export function assertAnswered({ slack, said, answer }: Pick<Scene, 'slack' | 'said' | 'answer'>): void {
  const shown = shownIn(slack, said).map((message) => [message.text, message.streaming, message.metadata?.event_payload['oid']]);
  assert.deepEqual(shown, [[answer.text, false, answer.id]]);
}

export async function openedOf({ stream }: Scene): Promise<Receipt> {
  const receipt = await stream.opened;
  assert.ok(typeof receipt === 'object');
  return receipt;
}
