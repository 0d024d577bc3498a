import type { MessageStream, StreamOpening } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import type { Log } from '../../src/log.ts';
import type { SlackCaller } from './client.ts';
import { parseDestination } from './conversation.ts';
import { LiveStream } from './stream.ts';
import type { Workspace } from './stream.ts';

export interface StreamsOptions {
  readonly slack: SlackCaller;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
}

export interface Streams {
  open(opening: StreamOpening, signal: AbortSignal): MessageStream;
  /** What became of the stream that was to become the message of this id; undefined where there was none. */
  get(id: string): LiveStream | undefined;
  /** Its message is complete. */
  forget(id: string): void;
}

const noStream: MessageStream = { append: () => undefined, opened: Promise.resolve(undefined), close: async () => undefined };

/** An answer is sent soon after its stream ends, or it is made anew; the store remembers the message by then. */
const keptForMs = 30 * 60_000;

/** The streams of this process, until `send` has made a message of each. */
export function createStreams({ slack, clock, log, stopping }: StreamsOptions): Streams {
  const streams = new Map<string, { readonly stream: LiveStream; readonly since: number }>();
  const workspaces = new Map<string, Workspace>();

  function workspaceOf(tenant: string): Workspace {
    const known = workspaces.get(tenant) ?? { openStreams: 0, blockedUntil: 0 };
    workspaces.set(tenant, known);
    return known;
  }

  /** Those of turns that never came to an answer. */
  function dropOld(): void {
    for (const [id, { stream, since }] of streams) {
      if (clock.now() - since < keptForMs) return; // The rest is younger.
      streams.delete(id);
      void stream.close();
    }
  }

  return {
    open: (opening, signal) => {
      const { threadTs, ...destination } = parseDestination(opening.destination) ?? {};
      const workspace = workspaceOf(opening.tenant);
      const { channel } = { channel: undefined, ...destination };
      if (channel === undefined || threadTs === undefined || clock.now() < workspace.blockedUntil) return noStream;
      // An earlier attempt at this answer may have left a message: a second one must not appear beside it.
      if ((streams.get(opening.id)?.stream.standing ?? 'none') !== 'none') return noStream;
      dropOld();
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
      });
      streams.set(opening.id, { stream, since: clock.now() });
      return stream;
    },
    get: (id) => streams.get(id)?.stream,
    forget: (id) => streams.delete(id),
  };
}
