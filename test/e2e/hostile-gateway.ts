import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { WebSocketServer, type WebSocket } from 'ws';

/** A Discord that says to the bot whatever a test wants it to say, and takes whatever the bot posts. */
export interface HostileGateway {
  readonly apiUrl: string;
  readonly token: string;
  readonly botId: string;
  /** The newest text of each message that the bot has written, by channel and id. */
  readonly written: ReadonlyMap<string, string>;
  listen(): Promise<void>;
  close(): Promise<void>;
  /** How many bots listen right now. */
  connected(): number;
  /** One frame, as it stands. */
  say(frame: string | Uint8Array): void;
  /** A dispatch under the next sequence number. */
  dispatch(type: unknown, data: unknown): void;
}

export function createHostileGateway(): HostileGateway {
  const botId = '1090000000000000001';
  const token = `${Buffer.from(botId).toString('base64url')}.hostil.parley-hostile-not-a-secret`;
  const written = new Map<string, string>();
  const bots = new Set<WebSocket>();
  const gateway = new WebSocketServer({ noServer: true });
  let port = 0;
  let sequence = 0;
  let posts = 0;

  async function answer(request: IncomingMessage): Promise<object> {
    const { method = '', url = '' } = request;
    if (url.includes('/gateway/bot')) {
      return {
        url: `ws://127.0.0.1:${port}`,
        shards: 1,
        session_start_limit: { total: 1000, remaining: 1000, reset_after: 1, max_concurrency: 1 },
      };
    }
    const [, channel, , id = String(1_200_000_000_000_000_000n + BigInt((posts += 1)))] =
      /\/channels\/(\d+)\/messages(\/(\d+))?/.exec(url) ?? [];
    if (channel === undefined) return { id: botId, username: 'parley' };
    if (method === 'GET') return [];
    const { content } = (await json(request)) as { content: string }; // what the bot sends
    written.set(`${channel} ${id}`, content);
    return { id, channel_id: channel, content, author: { id: botId, username: 'parley' }, timestamp: new Date(0).toISOString() };
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      () => response.destroy(),
    );
  });
  server.on('upgrade', (request, socket, head) => gateway.handleUpgrade(request, socket, head, greet));

  function greet(socket: WebSocket): void {
    socket.on('error', () => socket.terminate());
    socket.on('close', () => bots.delete(socket));
    socket.on('message', (raw: Buffer) => {
      const { op } = JSON.parse(raw.toString('utf8')) as { op: number }; // what the SDK sends
      if (op === 1) socket.send('{"op":11}');
      // Whoever wants to resume is told to begin anew.
      if (op === 6) socket.send('{"op":9,"d":false}');
      if (op === 2) welcome(socket);
    });
    socket.send('{"op":10,"d":{"heartbeat_interval":1000000}}');
  }

  function welcome(socket: WebSocket): void {
    bots.add(socket);
    sequence = 0;
    const user = { id: botId, username: 'parley', bot: true };
    dispatch('READY', {
      v: 10,
      user,
      guilds: [],
      session_id: 'session',
      resume_gateway_url: `ws://127.0.0.1:${port}`,
      shard: [0, 1],
      application: { id: botId, flags: 0 },
    });
  }

  function say(frame: string | Uint8Array): void {
    for (const bot of bots) bot.send(frame);
  }

  function dispatch(type: unknown, data: unknown): void {
    sequence += 1;
    say(JSON.stringify({ op: 0, t: type, s: sequence, d: data }));
  }

  return {
    get apiUrl() {
      return `http://127.0.0.1:${port}/api`;
    },
    ...{ token, botId, written, say, dispatch },
    connected: () => bots.size,
    listen: async () => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      ({ port } = server.address() as AddressInfo); // a TCP server that listens has an address object
    },
    close: async () => {
      for (const bot of bots) bot.terminate();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
