import assert from 'node:assert/strict';
import { Agent, request as startRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Stage } from './stage.ts';
import { forgedMark, hostileRequest, pathOf, toHeaders, type HostileRequest } from './hostile-requests.ts';
import { onStage } from './stage.ts';

const count = 10_000;
const batch = 500;
const atOnce = 8;
const hugeBytes = 1024 * 1024 + 1;

test(`${count} hostile requests get what they deserve, and none of them gets in, breaks anything or costs the others their answer`, () =>
  onHostileStage(async ({ url, stage, send }) => {
    const seed = Math.floor(Math.random() * 1_000_000);
    console.log(`hostile requests: seed ${seed}`);
    const statuses = new Map<number, number>();

    for (let sent = 0; sent < count; sent += batch) {
      const requests = fc.sample(hostileRequest, { numRuns: batch, seed: seed + sent });
      await inParallel(requests, async (request, index) => {
        const answer = await send(request, `evt_${sent + index}`);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        checkAnswer(request, answer, { seed: seed + sent, index });
      });
      assert.equal((await get(`${url}/readyz`)).status, 200);
    }

    console.log(`hostile requests: ${JSON.stringify(Object.fromEntries([...statuses].toSorted(([a], [b]) => a - b)))}`);
    for (const status of [200, 202, 400, 401, 404, 405, 415, 422])
      assert.ok(statuses.has(status), `no request was answered with ${status}`);
    await checkUnharmed(stage);
  }));

test('what is too large is refused with 413 on every endpoint, announced or not, signed or not', () =>
  onHostileStage(async ({ url, stage, send }) => {
    for (const target of ['slack', 'webhook'] as const) {
      for (const proof of ['valid', 'none'] as const) {
        const body = Buffer.from(`{"text":"${forgedMark.repeat(hugeBytes / forgedMark.length)}"}   `);
        const request: HostileRequest = { target, method: 'POST', contentType: 'application/json', proof, body };

        const answers = await Promise.all([send(request, 'evt_1'), send(request, 'evt_2', { chunked: true })]);

        for (const answer of answers) {
          assert.equal(answer.status, 413);
          checkProblem(answer);
        }
      }
    }
    assert.equal((await get(`${url}/readyz`)).status, 200);
    await checkUnharmed(stage);
  }));

test('bytes that are no HTTP never end the process', () =>
  onHostileStage(async ({ url, stage }) => {
    const { hostname, port } = new URL(url);
    const garbage = fc.sample(
      fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        fc
          .string({ unit: 'binary' })
          .map((text) => Buffer.from(`POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-length: ${text}\r\n\r\n`)),
        fc.nat(20_000).map((length) => Buffer.from(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(length)}\r\n\r\n`)),
        fc.constant(Buffer.from('POST /webhooks/desk HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')),
      ),
      { numRuns: 300, seed: 1 },
    );

    await inParallel(garbage, async (bytes) => {
      const socket = connect(Number(port), hostname);
      const closed = once(socket, 'close');
      socket.on('error', () => undefined).on('data', () => undefined);
      socket.end(bytes);
      await closed;
    });

    assert.equal((await get(`${url}/readyz`)).status, 200);
    await checkUnharmed(stage);
  }));

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

interface HostileStage {
  readonly url: string;
  readonly stage: Stage;
  send(request: HostileRequest, id: string, options?: { readonly chunked: boolean }): Promise<Answer>;
}

/** A Parley with Slack by HTTP and a webhook source, both of which anybody can reach. */
async function onHostileStage(play: (stage: HostileStage) => Promise<void>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  try {
    await onStage(
      'slack',
      async (stage) => {
        const { slack, desk, model, clock, start } = stage;
        model.behaviour.tokensPerSecond = undefined;
        const { url = '' } = await start();
        const secrets = { slack: slack.signingSecret, webhook: desk.secret };
        await play({
          url,
          stage,
          send: (request, id, { chunked } = { chunked: false }) => {
            const headers = toHeaders(request, { secrets, now: clock.now(), id });
            const length: Record<string, number> = chunked ? {} : { 'content-length': request.body.length };
            return exchange(
              `${url}${pathOf(request)}`,
              { agent, method: request.method, headers: { ...headers, ...length } },
              request.body,
            );
          },
        });
      },
      // At a usual pace, at which a disk that is slow for a moment does not look like a store that has gone.
      { beside: ['webhook'], speed: 2 },
    );
  } finally {
    agent.destroy();
  }
}

function exchange(
  url: string,
  options: { readonly agent?: Agent; readonly method: string; readonly headers?: Record<string, string | number> },
  body?: Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = startRequest(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          text: Buffer.concat(chunks).toString(),
        }),
      );
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    if (body && !options.headers?.['content-length']) outgoing.write(body.subarray(0, 1));
    outgoing.end(options.headers?.['content-length'] === undefined ? body?.subarray(1) : body);
  });
}

const get = (url: string): Promise<Answer> => exchange(url, { method: 'GET' });

async function inParallel<Item>(items: readonly Item[], work: (item: Item, index: number) => Promise<void>): Promise<void> {
  const waiting = items.entries();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [index, item] of waiting) await work(item, index);
    }),
  );
}

/** The statuses that are right, in the order in which a request is judged: where it goes, how it looks, who sent it, what it holds. */
function rightStatuses({ target, method, contentType, proof, body }: HostileRequest): readonly number[] {
  if (target === 'unknown') return [404];
  if (method !== 'POST') return [405];
  if (!/^application\/json(; charset=utf-8)?$/i.test(contentType ?? '')) return [415];
  if (proof !== 'valid') return [401];
  const content = parse(body);
  if (content === 'broken') return target === 'slack' ? [400, 200] : [400];
  if (typeof content !== 'object' || content === null) return [400];
  return target === 'slack' ? [200, 400] : [202, 400, 422];
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return 'broken';
  }
}

function checkAnswer(request: HostileRequest, answer: Answer, source: object): void {
  const { body, ...shown } = request;
  const story = `${JSON.stringify(shown)} ${body.toString('latin1').slice(0, 300)} -> ${answer.status} ${answer.text} ${JSON.stringify(source)}`;
  assert.ok(rightStatuses(request).includes(answer.status), story);
  if (answer.status >= 400) checkProblem(answer, story);
}

function checkProblem({ status, type, text }: Answer, story = text): void {
  assert.equal(type, 'application/problem+json', story);
  const problem = JSON.parse(text) as Record<string, unknown>;
  assert.equal(problem['status'], status, story);
  assert.match(String(problem['type']), /^urn:problem-type:parley:[a-z-]+$/, story);
  assert.ok(String(problem['detail']).length > 20, story);
  assert.ok(!text.includes(forgedMark), story);
}

/** Nothing forged has got to the model, nobody has touched the prototypes, and an honest question is answered. */
async function checkUnharmed({ model, log, people, slack, settled }: Stage): Promise<void> {
  slack.faults.clear();
  people.ask(1);
  await settled();
  assert.ok(!JSON.stringify(model.calls.map(({ request }) => request)).includes(forgedMark));
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
  assert.deepEqual([...log.find('Request failed'), ...log.find('fatal')], []);
}
