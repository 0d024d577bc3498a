import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ConfigError } from '../../../src/errors.ts';
import { createWebhookAdapter } from '../../../adapters/webhook/index.ts';
import type { WebhookSource } from '../../../adapters/webhook/index.ts';
import { desk, readJob, secret, signedHeaders, idle, ticket, until, withWebhooks } from './harness.ts';

interface Problem {
  readonly type: string;
  readonly detail: string;
}

async function readProblem(response: Response): Promise<Problem> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  return (await response.json()) as Problem; // Problem details.
}

test('takes a signed event, and says so after it is saved', async () => {
  await withWebhooks({ publicUrl: 'https://bot.example.com' }, async ({ deliver, ledger }) => {
    const response = await deliver();
    const job = await readJob(response);

    assert.equal(response.status, 202);
    assert.equal(job.status, 'accepted');
    assert.match(job.statusUrl, /^https:\/\/bot\.example\.com\/webhooks\/desk\/jobs\/[\w-]+\.[\w-]{43}$/);
    assert.equal(response.headers.get('location'), job.statusUrl);
    assert.deepEqual(ledger.events, [
      {
        type: 'message',
        adapter: 'webhook',
        tenant: 'desk',
        eventId: 'evt_1',
        messageId: 'evt_1',
        conversationId: 'webhook:desk:7',
        sentAt: ledger.clock.now(),
        author: { id: 'Ada', name: 'Ada', isBot: false },
        text: 'Lamp\n\nIt is broken.',
        attachments: [],
        addressed: true,
        isDirect: false,
        destination: { source: 'desk', conversation: '7' },
      },
    ]);
  });
});

test('refuses what is not right with a status of its own and a way to mend it, and hands nothing of it on', async () => {
  await withWebhooks({}, async ({ url, deliver, ledger }) => {
    const signed = signedHeaders('{}', { at: ledger.clock.now() });
    const cases: [string, () => Promise<Response>, number, RegExp][] = [
      ['unknown source', () => fetch(`${url}/webhooks/nobody`, { method: 'POST' }), 404, /NAME stands under "webhooks"/],
      ['unknown path below a source', () => fetch(`${url}/webhooks/desk/x`, { method: 'POST' }), 404, /NAME/],
      ['GET', () => fetch(`${url}/webhooks/desk`), 405, /by POST/],
      ['no type', () => fetch(`${url}/webhooks/desk`, { method: 'POST', body: Buffer.from('{}') }), 415, /application\/json/],
      [
        'form',
        () => deliver('{}', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
        415,
        /application\/json/,
      ],
      ['almost JSON', () => deliver('{}', { headers: { 'content-type': 'application/jsonp' } }), 415, /application\/json/],
      ['Latin-1', () => deliver('{}', { headers: { 'content-type': 'application/json; charset=iso-8859-1' } }), 415, /UTF-8/],
      ['compressed', () => deliver('{}', { headers: { 'content-encoding': 'gzip' } }), 415, /without compression/],
      ['too large', () => deliver(`{"a":"${'x'.repeat(10_000)}"}`), 413, /longer than 10000 bytes/],
      [
        'unsigned',
        () => fetch(`${url}/webhooks/desk`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
        401,
        /webhook-signature/,
      ],
      ['wrong signature', () => deliver('{}', { headers: { 'webhook-signature': 'v1,AAAA' } }), 401, /does not fit/],
      [
        'changed body',
        () => fetch(`${url}/webhooks/desk`, { method: 'POST', body: '{ }', headers: signed }),
        401,
        /does not fit/,
      ],
      ['stale', () => deliver('{}', { ahead: -301 }), 401, /300 seconds old/],
      ['future', () => deliver('{}', { ahead: 301 }), 401, /300 seconds ahead/],
      ['no JSON', () => deliver('{"a":'), 400, /not valid JSON/],
      ['two JSONs', () => deliver('{}{}'), 400, /not valid JSON/],
      ['empty', () => deliver(''), 400, /not valid JSON/],
      ['a number', () => deliver('7'), 400, /no object/],
      ['nested too deep', () => deliver('[['.repeat(2000) + ']]'.repeat(2000)), 400, /levels deep/],
      ['no conversation', () => deliver({ ticket: { subject: 'x' } }), 422, /webhooks\.desk\.conversation/],
      ['no text', () => deliver({ ticket: { id: 7, subject: ' ' } }), 422, /webhooks\.desk\.text/],
    ];

    for (const [name, send, status, detail] of cases) {
      const response = await send();

      assert.equal(response.status, status, name);
      assert.match((await readProblem(response)).detail, detail, name);
    }
    assert.deepEqual(ledger.events, []);
  });
});

test('says how to authenticate where it refuses to believe', async () => {
  const api: WebhookSource = { ...desk, name: 'api', verify: { scheme: 'bearer', secrets: ['a-long-token'] } };
  await withWebhooks({ sources: [desk, api] }, async ({ url, deliver }) => {
    const unsigned = await deliver('{}', { headers: { 'webhook-signature': '' } });
    const anonymous = await fetch(`${url}/webhooks/api`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });

    assert.match(unsigned.headers.get('www-authenticate') ?? '', /^Signature /);
    assert.match(anonymous.headers.get('www-authenticate') ?? '', /^Bearer /);
  });
});

test('repeats nothing of a refused body', async () => {
  await withWebhooks({}, async ({ deliver, ledger }) => {
    const answers = await Promise.all(
      ['{"hunter2":', '"hunter2"', '{"ticket":"hunter2"}'].map(async (body) => (await deliver(body)).text()),
    );

    assert.ok(answers.every((answer) => !answer.includes('hunter2')));
    assert.ok(!JSON.stringify(ledger.log.lines).includes('hunter2'));
  });
});

test('reads a body that is not UTF-8 as malformed', async () => {
  await withWebhooks({}, async ({ url, ledger }) => {
    const body = Buffer.from('{"ticket":{"id":1,"subject":"gr\xfc\xdfe"}}', 'latin1');
    const time = String(Math.floor(ledger.clock.now() / 1000));
    const hmac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(`evt_1.${time}.`)
      .update(body);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': 'evt_1',
      'webhook-timestamp': time,
      'webhook-signature': `v1,${hmac.digest('base64')}`,
    };

    const response = await fetch(`${url}/webhooks/desk`, { method: 'POST', body, headers });

    assert.equal(response.status, 400);
    assert.match((await readProblem(response)).detail, /not UTF-8/);
  });
});

test('refuses a body that does not say how long it is as soon as it is too long', async () => {
  await withWebhooks({}, async ({ url, ledger }) => {
    async function* pieces() {
      for (let piece = 0; piece < 50; piece += 1) yield Buffer.alloc(1000, ' ');
    }
    const signed = signedHeaders('', { at: ledger.clock.now() });
    const response = await fetch(`${url}/webhooks/desk`, { method: 'POST', body: pieces(), duplex: 'half', headers: signed });

    assert.equal(response.status, 413);
  });
});

test('takes JSON by any of its names, with or without a charset', async () => {
  await withWebhooks({}, async ({ deliver }) => {
    const types = ['application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"', 'application/cloudevents+json'];
    const statuses = await Promise.all(
      types.map(async (type, index) => (await deliver(ticket, { id: `evt_${index}`, headers: { 'content-type': type } })).status),
    );

    assert.deepEqual(statuses, [202, 202, 202]);
  });
});

test('recognises an event that is delivered again, and answers with the same job', async () => {
  await withWebhooks({}, async ({ deliver, ledger }) => {
    const first = await readJob(await deliver());
    const copies = await Promise.all([10, 20, 30].map((ahead) => deliver(ticket, { ahead })));
    const jobs = await Promise.all(copies.map(readJob));

    assert.deepEqual(
      copies.map(({ status }) => status),
      [202, 202, 202],
    );
    assert.ok(jobs.every(({ id, status }) => id === first.id && status === 'duplicate'));
    assert.equal(ledger.events.length, 1);
  });
});

test('refuses another event under the same id', async () => {
  await withWebhooks({}, async ({ deliver, ledger }) => {
    await deliver();
    const response = await deliver({ ticket: { ...ticket.ticket, description: 'Other words.' } });

    assert.equal(response.status, 409);
    assert.match((await readProblem(response)).detail, /an id of its own/);
    assert.equal(ledger.events.length, 1);
  });
});

test('asks the sender to come again when the event could not be saved', async () => {
  await withWebhooks({}, async ({ deliver, ledger }) => {
    ledger.failOnce();
    const failed = await deliver();
    const again = await deliver();

    assert.equal(failed.status, 503);
    assert.equal(failed.headers.get('retry-after'), '5');
    assert.equal(again.status, 202);
    assert.equal(ledger.log.find('webhook could not be saved').length, 1);
  });
});

test('asks the sender to come again before it is started and after it has stopped', async () => {
  await withWebhooks({}, async ({ adapter, deliver, ledger }) => {
    await adapter.stop();
    const stopped = await deliver();
    await adapter.stop();
    await adapter.start(ledger);
    const started = await deliver();

    assert.equal(stopped.status, 503);
    assert.equal(started.status, 202);
  });
});

test('forgets a sender that goes away in the middle of a body', async () => {
  await withWebhooks({}, async ({ url, ledger }) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('POST /webhooks/desk HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"half');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();

    await until(() => ledger.log.find('Request').length === 1);

    assert.equal(ledger.log.find('Request')[0]?.fields['cut'], true);
    assert.equal(ledger.log.find('Request failed').length, 0);
  });
});

test('believes the token of a bearer, and takes the id it gives', async () => {
  const api: WebhookSource = {
    name: 'api',
    verify: { scheme: 'bearer', secrets: ['a-long-token'] },
    conversation: '{{c}}',
    text: '{{t}}',
  };
  await withWebhooks({ sources: [api] }, async ({ url, ledger }) => {
    const send = (headers: Record<string, string>) =>
      fetch(`${url}/webhooks/api`, {
        method: 'POST',
        body: '{"c":"1","t":"hello"}',
        headers: { 'content-type': 'application/json', authorization: 'Bearer a-long-token', ...headers },
      });
    const responses = await Promise.all([
      send({ 'idempotency-key': 'k1' }),
      send({ 'webhook-id': 'k2' }),
      send({}),
      send({ authorization: 'Bearer another-token', 'webhook-id': 'k3' }),
    ]);

    assert.deepEqual(
      responses.map(({ status }) => status),
      [202, 202, 202, 401],
    );
    assert.deepEqual(ledger.events.map(({ eventId }) => eventId.replace(/^(sha256:).{43}$/, '$1')).toSorted(), [
      'k1',
      'k2',
      'sha256:',
    ]);
    assert.deepEqual(ledger.events[0]?.author, { id: 'api', name: 'api', isBot: false });
    assert.equal(ledger.events[0]?.isDirect, true);
  });
});

test('names the source and the key that cannot be used', () => {
  const broken: [Partial<WebhookSource>, RegExp][] = [
    [{ name: 'a b' }, /^webhooks\.a b: use letters/],
    [{ text: '{{a..b}}' }, /^webhooks\.desk\.text: /],
    [{ eventId: '{{$headers}}' }, /^webhooks\.desk\.eventId: \$headers takes/],
    [{ text: '{{$headers.webhook-signature}}' }, /^webhooks\.desk\.text: \$headers takes/],
    [{ text: '{{$headers.authorization}}' }, /^webhooks\.desk\.text: \$headers takes/],
    [{ verify: { scheme: 'standard', secrets: ['whsec_%'] } }, /^webhooks\.desk\.verify: /],
    [{ callback: { url: 'ftp://x', secrets: [secret], timeoutMs: 1 } }, /^webhooks\.desk\.callback: url must be/],
    [{ callback: { url: 'http://x', secrets: [], timeoutMs: 1 } }, /^webhooks\.desk\.callback: a secret is needed/],
    [{ callback: { url: 'http://x', secrets: ['whsec_%'], timeoutMs: 1 } }, /^webhooks\.desk\.callback: /],
  ];

  for (const [change, problem] of broken) {
    assert.throws(
      () =>
        createWebhookAdapter({
          sources: [{ ...desk, ...change }],
          ...idle,
        }),
      (error) => error instanceof ConfigError && problem.test(error.problems[0] ?? ''),
      String(problem),
    );
  }
  assert.throws(() => createWebhookAdapter({ sources: [desk, desk], ...idle }), /another source of this name/);
});
