import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { RequestHandler } from '../../../src/adapter.ts';
import { ConfigError } from '../../../src/errors.ts';
import { createHttpServer } from '../../../src/http/server.ts';
import type { HttpServer, HttpServerOptions } from '../../../src/http/server.ts';
import type { Log, LogFields } from '../../../src/log.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

function createRecordingLog(lines: Line[]): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), with: () => log };
  return log;
}

const ready = { ready: true, adapters: {}, store: { writable: true } };

interface Running {
  readonly server: HttpServer;
  readonly url: string;
  readonly port: number;
  readonly lines: Line[];
}

async function withServer(options: Partial<HttpServerOptions>, use: (running: Running) => Promise<void>): Promise<void> {
  const lines: Line[] = [];
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    log: createRecordingLog(lines),
    clock: createFakeClock(),
    routers: [],
    readiness: async () => ready,
    ...options,
  });
  const { url, port } = await server.start();
  try {
    await use({ server, url, port, lines });
  } finally {
    await server.stop(AbortSignal.abort());
  }
}

function only(path: string, handle: (...args: Parameters<RequestHandler>) => void): RequestHandler {
  return (request, response, next) => (request.url?.startsWith(path) ? handle(request, response, next) : next());
}

test('says that the process lives, whatever else is wrong', async () => {
  await withServer({ readiness: () => Promise.reject(new Error('broken')) }, async ({ url }) => {
    const response = await fetch(`${url}/healthz`);

    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { status: 'ok' });
  });
});

test('says whether it is ready, and why not', async () => {
  const unready = { ready: false, adapters: { slack: { connected: false, detail: 'reconnecting' } }, store: { writable: true } };
  const answers = [ready, unready];
  await withServer({ readiness: async () => answers.shift() ?? ready }, async ({ url }) => {
    const first = await fetch(`${url}/readyz?verbose`);
    const second = await fetch(`${url}/readyz`);

    assert.deepEqual([first.status, await first.json()], [200, ready]);
    assert.deepEqual([second.status, await second.json()], [503, unready]);
  });
});

test('asks each router in turn, and answers what none of them knows with problem details', async () => {
  const one = only('/one', (_request, response) => void response.end('1'));
  const two = only('/two', (_request, response) => void response.end('2'));
  await withServer({ routers: [one, two] }, async ({ url }) => {
    const known = await Promise.all(['one', 'two'].map(async (path) => (await fetch(`${url}/${path}`)).text()));
    const unknown = await fetch(`${url}/three`, { method: 'POST', body: 'x'.repeat(100_000) });

    assert.deepEqual(known, ['1', '2']);
    assert.equal(unknown.status, 404);
    assert.equal(unknown.headers.get('content-type'), 'application/problem+json');
    assert.equal(((await unknown.json()) as { type: string }).type, 'urn:problem-type:parley:unknown-path'); // Problem details.
  });
});

test('protects every response by headers, and tells nothing of what it runs on', async () => {
  await withServer({}, async ({ url }) => {
    const { headers } = await fetch(`${url}/healthz`);

    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.equal(headers.get('x-powered-by'), null);
    assert.equal(headers.get('etag'), null);
    assert.match(headers.get('x-request-id') ?? '', /^[0-9a-z]{6}-1$/);
  });
});

test('hides why a handler failed, but names the id under which the log has it', async () => {
  const failures: RequestHandler[] = [
    only('/throws', () => {
      throw new Error('the password is hunter2');
    }),
    only('/passes', (_request, _response, next) => next(new Error('the password is hunter2'))),
    only('/half', (_request, response, next) => {
      response.write('half', () => next(new Error('the password is hunter2')));
    }),
  ];
  await withServer({ routers: failures }, async ({ url, lines }) => {
    for (const path of ['throws', 'passes']) {
      const response = await fetch(`${url}/${path}`);
      const problem = (await response.json()) as { id: string }; // Problem details.

      assert.equal(response.status, 500);
      assert.ok(!JSON.stringify(problem).includes('hunter2'));
      assert.ok(lines.some(({ level, fields }) => level === 'error' && fields['errorId'] === problem.id));
    }

    const half = await fetch(`${url}/half`);
    await assert.rejects(half.text());
  });
});

test('gives the client the blame where an error says so', async () => {
  const rejecting = only('/%', (_request, _response, next) => next(Object.assign(new Error('bad'), { status: 400 })));
  await withServer({ routers: [rejecting] }, async ({ url, lines }) => {
    const response = await fetch(`${url}/%zz`);

    assert.equal(response.status, 400);
    assert.ok(lines.every(({ level }) => level === 'info'));
  });
});

test('leaves one line for a request, without query, capabilities or control over the line', async () => {
  const job = 'x'.repeat(60);
  await withServer({}, async ({ url, lines }) => {
    await fetch(`${url}/webhooks/desk/jobs/${job}?token=secret`).then((response) => response.text());
    while (lines.length === 0) await new Promise(setImmediate);

    const [line] = lines;
    assert.deepEqual([lines.length, line?.level, line?.message], [1, 'info', 'Request']);
    assert.deepEqual(Object.keys(line?.fields ?? {}), ['requestId', 'method', 'path', 'status', 'from', 'ms', 'bytes']);
    assert.deepEqual(
      [line?.fields['method'], line?.fields['path'], line?.fields['status']],
      ['GET', '/webhooks/desk/jobs/xxxxxxxx...', 404],
    );
    assert.ok(Number(line?.fields['bytes']) > 100);
  });
});

test('believes a proxy about the client only where it is trusted', async () => {
  for (const [trustProxy, from] of [
    [false, '127.0.0.1'],
    [1, '203.0.113.7'],
    [['10.0.0.0/8'], '127.0.0.1'],
  ] as const) {
    await withServer({ trustProxy }, async ({ url, lines }) => {
      await fetch(url, { headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' } }).then((response) => response.text());
      while (lines.length === 0) await new Promise(setImmediate);

      assert.equal(lines[0]?.fields['from'], from);
    });
  }
});

test('writes no access log when told not to', async () => {
  await withServer({ accessLog: false }, async ({ url, lines }) => {
    await fetch(url).then((response) => response.text());
    await new Promise(setImmediate);

    assert.deepEqual(lines, []);
  });
});

test('answers what is no HTTP with problem details', async () => {
  await withServer({}, async ({ port }) => {
    for (const [sent, status] of [
      ['nonsense\r\n\r\n', '400'],
      [`GET / HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
      ['POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n', '400'],
    ] as const) {
      const socket = connect(port, '127.0.0.1');
      socket.write(sent);
      const answer = await text(socket);

      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(answer, /application\/problem\+json[^]*"type":"urn:problem-type:parley:broken-request"/);
    }
  });
});

test('says which setting to change when the address cannot be had', async () => {
  await withServer({}, async ({ port }) => {
    await assert.rejects(
      withServer({ port }, () => assert.fail('it started')),
      (error) => error instanceof ConfigError && /^PORT: \d+ is in use/.test(error.problems[0] ?? ''),
    );
    await assert.rejects(
      withServer({ host: '203.0.113.9' }, () => assert.fail('it started')),
      (error) => error instanceof ConfigError && (error.problems[0] ?? '').startsWith('HOST: '),
    );
  });
});

test('lets a running request end when it stops, and takes no new one', async () => {
  const arrived = Promise.withResolvers<Parameters<RequestHandler>[1]>();
  const slow = only('/slow', (_request, response) => arrived.resolve(response));
  await withServer({ routers: [slow] }, async ({ server, url, port }) => {
    const agent = new Agent({ keepAlive: true });
    const request = get(`${url}/slow`, { agent });
    const answered = once(request, 'response');
    const response = await arrived.promise;

    const stopped = server.stop();
    response.end('done');
    const [message] = await answered;

    assert.equal(await text(message), 'done');
    assert.equal(message.headers.connection, 'close');
    await stopped;
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'));
    agent.destroy();
  });
});

test('stops at once when connections are idle, and lets a stream that has begun end', async () => {
  const arrived = Promise.withResolvers<Parameters<RequestHandler>[1]>();
  const stream = only('/stream', (_request, response) => response.write('one ', () => arrived.resolve(response)));
  const quick = only('/quick', (_request, response) => void response.end('quick'));
  await withServer({ routers: [stream, quick] }, async ({ server, url }) => {
    const agent = new Agent({ keepAlive: true });
    const [idle] = await once(get(`${url}/quick`, { agent }), 'response');
    await text(idle);
    const [message] = await once(get(`${url}/stream`, { agent }), 'response');
    const response = await arrived.promise;

    const stopped = server.stop();
    response.end('two');

    assert.equal(await text(message), 'one two');
    await stopped;
    agent.destroy();
  });
});

test('cuts what has not ended by the end of the drain time', async () => {
  const clock = createFakeClock();
  const arrived = Promise.withResolvers<void>();
  const hanging = only('/', () => arrived.resolve());
  await withServer({ routers: [hanging], clock, drainMs: 3000 }, async ({ server, url, lines }) => {
    const failed = assert.rejects(fetch(url));
    await arrived.promise;

    const stopped = server.stop();
    await clock.advance(3000);
    await stopped;

    await failed;
    assert.equal(clock.pending(), 0);
    assert.equal(lines[0]?.fields['cut'], true);
  });
});

test('may be stopped twice, and before it was started', async () => {
  await withServer({}, async ({ server }) => {
    await server.stop();
    await server.stop();
  });
  const never = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    log: createRecordingLog([]),
    clock: createFakeClock(),
    routers: [],
    readiness: async () => ready,
  });

  await never.stop();
});
