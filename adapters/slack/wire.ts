import type { Socket } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { Clock } from '../../src/clock.ts';

/** The TCP connection under a WebSocket: how much has come through it, and an end to it that waits for nobody. */
export interface Wire {
  readonly dispatcher: Agent;
  /** Calls back, once, when nothing at all has come for a minute; returns what ends the watch. */
  watch(onDeaf: () => void): () => void;
  cut(): void;
  close(): void;
}

/** Slack pings several times a minute, and the SDK pings every few seconds: what is alive is never quiet for long. */
const lookEveryMs = 10_000;
const quietLooks = 6;

/**
 * A socket whose other side has gone without a word stays open: a cable pulled, a table of a firewall that has forgotten it. The SDK looks for
 * that by itself, but then waits half a minute for the other side to agree to part, and looks for nothing before Slack's first ping.
 */
export function createWire(clock: Clock): Wire {
  const connect = buildConnector({ allowH2: false });
  let socket: Socket | undefined;
  const dispatcher = new Agent({
    connect: (options, callback) =>
      connect(options, (...result) => {
        const [error, made] = result;
        if (!error && made) socket = made;
        callback(...result);
      }),
  });

  return {
    dispatcher,
    watch: (onDeaf) => {
      const watched = socket;
      let read = watched?.bytesRead ?? 0;
      let quiet = 0;
      let cancel = clock.after(lookEveryMs, look);

      /** Looks are counted, not hours: a machine that has slept for a while has missed pings, and gets its time to hear the next. */
      function look(): void {
        const now = watched?.bytesRead ?? 0;
        quiet = now === read ? quiet + 1 : 0;
        read = now;
        if (quiet >= quietLooks) return onDeaf();
        cancel = clock.after(lookEveryMs, look);
      }

      return () => cancel();
    },
    cut: () => void socket?.destroy(),
    close: () => {
      socket?.destroy();
      void dispatcher.destroy();
    },
  };
}
