import type { MessageStream, StreamOpening } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import type { Log } from '../../src/log.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import type { SlackCaller } from './client.ts';
import { parseDestination } from './conversation.ts';
import type { Sessions } from './sessions.ts';
import { LiveStream } from './stream.ts';
import type { Workspace } from './stream.ts';

export interface StreamsOptions {
  readonly slack: SlackCaller;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
  readonly sessions?: Pick<Sessions, 'begin'> | undefined;
  /** From this length on an answer is a file, and nothing more of it is shown growing. */
  readonly fileAfter?: number | undefined;
}

export interface Streams {
  open(opening: StreamOpening, signal: AbortSignal): MessageStream;
  /** The stream that has shown the answer that this is a part of; undefined where there was none. */
  of(message: OutboundMessage): LiveStream | undefined;
  /** The stream that has opened this message. */
  by(receipt: Receipt): LiveStream | undefined;
  /** Whether it is a message of a stream of this process, for which an answer is still to come. */
  holds(ts: string): boolean;
  /** Its answer is complete. */
  forget(message: OutboundMessage): void;
}

const noStream: MessageStream = { append: () => undefined, opened: Promise.resolve(undefined), close: async () => undefined };

/** An answer is sent soon after its stream ends, or it is made anew; the store remembers the message by then. */
const keptForMs = 30 * 60_000;

/** The streams of this process, until `send` has made a message of each. */
export function createStreams({ slack, clock, log, stopping, sessions, fileAfter }: StreamsOptions): Streams {
  const streams = new Map<string, Held>();
  const workspaces = new Map<string, Workspace>();

  function workspaceOf(tenant: string): Workspace {
    const known = workspaces.get(tenant) ?? { openStreams: 0, blockedUntil: 0 };
    workspaces.set(tenant, known);
    return known;
  }

  function find(message: OutboundMessage): readonly [id: string, held: Held] | undefined {
    const known = streams.get(message.id);
    if (known || message.part === 0) return known && [message.id, known];
    const answer = answerOf(message);
    return [...streams].find(([, each]) => each.answer === answer);
  }

  function held(isIt: (stream: LiveStream) => boolean): LiveStream | undefined {
    for (const { stream } of streams.values()) if (stream && isIt(stream)) return stream;
    return undefined;
  }

  return {
    open: (opening, signal) => {
      const { threadTs, ephemeral = false, ...destination } = parseDestination(opening.destination) ?? {};
      const workspace = workspaceOf(opening.tenant);
      const { channel } = { channel: undefined, ...destination };
      if (channel === undefined || threadTs === undefined || ephemeral || clock.now() < workspace.blockedUntil) return noStream;
      // An earlier attempt at this answer may have left a message: a second one must not appear beside it.
      if (streams.get(opening.id)?.stream?.segments.some(({ standing }) => standing !== 'none')) return noStream;
      dropOld(streams, clock.now());
      const target = { ...destination, channel, threadTs };
      const stream = new LiveStream({
        opening,
        destination: target,
        slack: slack.of(opening),
        clock,
        log,
        workspace,
        signal,
        stopping,
        fileAfter,
        onSlow: () => sessions?.begin(opening.destination),
      });
      streams.set(opening.id, { stream, since: clock.now(), answer: answerOf(opening) });
      return stream;
    },
    of: (message) => find(message)?.[1].stream,
    by: ({ id }) => held(({ segments: [first] }) => first?.ts === id),
    holds: (id) => held(({ segments }) => segments.some(({ ts }) => ts === id)) !== undefined,
    forget: (message) => {
      const [id, held] = find(message) ?? [];
      if (id === undefined || !held) return;
      streams.delete(id);
      held.stream = undefined;
    },
  };
}

/** Those of turns that never came to an answer. */
function dropOld(streams: Map<string, Held>, now: number): void {
  for (const [id, { stream, since }] of streams) {
    if (now - since < keptForMs) return; // The rest is younger.
    streams.delete(id);
    void stream?.close();
  }
}

interface Held {
  /** Taken out when it is over: what passes through a Map can outlive its place there (see src/in-flight.ts). */
  stream: LiveStream | undefined;
  readonly since: number;
  /** The parts of one answer have ids of their own, but this in common. */
  readonly answer: string;
}

function answerOf({ conversationId, inReplyTo }: Pick<StreamOpening, 'conversationId' | 'inReplyTo'>): string {
  return `${conversationId} ${inReplyTo}`;
}
