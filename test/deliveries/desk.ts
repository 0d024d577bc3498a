import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { verify } from '../../adapters/webhook/emulator/standard-webhooks.ts';
import { markPattern } from './events.ts';
import { listen, shut } from './loopback.ts';

/** Where the answers go. It counts in how many callbacks each mark was seen. */
export interface Desk {
  readonly url: string;
  /** Resolves when an answer with this mark has come. */
  answered(mark: string): Promise<void>;
  seen(mark: string): number;
  /** Every mark that was seen, with how often. */
  readonly marks: ReadonlyMap<string, number>;
  /** Callbacks, those that came again under the same id, and those that nobody has signed. */
  readonly figures: () => { readonly callbacks: number; readonly repeated: number; readonly forged: number };
  close(): Promise<void>;
}

export async function startDesk(secret: string, now: () => number): Promise<Desk> {
  const marks = new Map<string, number>();
  const waiting = new Map<string, () => void>();
  const ids = new Set<string>();
  const figures = { callbacks: 0, repeated: 0, forged: 0 };

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    figures.callbacks += 1;
    const id = verify({ headers: request.headers, body, now: now() }, secret);
    response.writeHead(id === undefined ? 401 : 204).end();
    if (id === undefined) figures.forged += 1;
    else if (ids.has(id)) figures.repeated += 1;
    else ids.add(id);
    for (const mark of new Set(body.match(markPattern))) {
      marks.set(mark, (marks.get(mark) ?? 0) + 1);
      waiting.get(mark)?.();
      waiting.delete(mark);
    }
  }

  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/answers`,
    answered: (mark) => (marks.has(mark) ? Promise.resolve() : new Promise((resolve) => void waiting.set(mark, resolve))),
    seen: (mark) => marks.get(mark) ?? 0,
    marks,
    figures: () => ({ ...figures }),
    close: () => shut(server),
  };
}
