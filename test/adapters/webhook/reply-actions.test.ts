import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWebhookAdapter } from '../../../adapters/webhook/index.ts';
import { createAction } from '../../../src/action/action.ts';
import { createExpressions } from '../../../src/expressions/expressions.ts';
import type { WebhookSource } from '../../../adapters/webhook/index.ts';
import type { HttpAction } from '../../../src/http-action.ts';
import { AdapterError, ConfigError } from '../../../src/errors.ts';
import { failureOf, hunter, withDesk } from '../../src/action/action-harness.ts';
import { createFakeLedger } from './fake-ledger.ts';
import { createAnswer, desk as source, never, nowhere, secret, toLoopback, withWebhooks } from './harness.ts';

test('refuses at the start what could never work, naming the key', () => {
  const url = 'https://desk.example.com/tickets/{{conversation}}';
  const body: HttpAction['body'] = { type: 'json', value: ['{{text}}'] };
  const find = { url };
  const mistakes: readonly (readonly [Partial<HttpAction>, RegExp])[] = [
    [{ body: { type: 'text', text: '{{txet}}', contentType: 'text/plain' } }, /undefined variable: txet/],
    [{ body: { type: 'form', fields: { To: '{{keep.to}}' } } }, /undefined variable: keep\.to/],
    [{ body: { type: 'json', value: '{{text' } }, /output "\{\{text" not closed/],
    [{ url: 'https://{{conversation}}.example.com/' }, /must begin with a host/],
    [{ url: 'https://me:secret@desk.example.com/' }, /must begin with a host/],
    [{ url: 'ftp://desk.example.com/' }, /must begin with a host/],
    [{ headers: { 'transfer-encoding': 'chunked' } }, /headers cannot hold "transfer-encoding"/],
    [{ headers: { 'a b': 'x' } }, /headers cannot hold "a b"/],
    [{ find }, /find looks for the id of the answer: put \{\{id\}\}/],
    [{ find: { url: 'https://other.example.com/' } }, /find\.url must be on the host of url/],
    [{ auth: { scheme: 'jwt', algorithm: 'RS256', secret: 'no key' } }, /RS256 needs a private key in PEM/],
    [{ auth: { scheme: 'bearer', secret: 'a\nb' } }, /secret: holds a line break/],
  ];

  for (const [mistake, said] of mistakes) {
    const reply: HttpAction = { method: 'POST', url, body, timeoutMs: 1000, ...mistake };
    const create = () =>
      createWebhookAdapter({
        sources: [{ ...source, reply, keep: { from: '{{from}}' } }],
        maxBodyBytes: 1000,
        openFetch: nowhere,
        createAction,
        createExpressions,
      });

    assert.throws(
      create,
      (error) => error instanceof ConfigError && /webhooks\.desk\.reply: /.test(error.message) && said.test(error.message),
      String(said),
    );
  }
});

test('the adapter replies by the action of the source, looks for what may stand there, and cuts long answers', async () => {
  await withDesk(async ({ desk }) => {
    const reply: HttpAction = {
      method: 'POST',
      url: `${desk.url}/tickets/{{conversation}}/comments`,
      body: { type: 'json', value: { comment: { body: '{{text}}', ref: '{{id}}' } } },
      find: { url: `${desk.url}/tickets/{{conversation}}/comments`, items: 'comments' },
      receipt: 'comment.id',
      timeoutMs: 5000,
      maxLength: 40,
    };
    const adapter = createWebhookAdapter({
      sources: [
        { ...source, reply },
        { ...source, name: 'plain' },
      ],
      maxBodyBytes: 1000,
      openFetch: toLoopback,
      createAction,
      createExpressions,
    });
    const early = await failureOf(Promise.resolve(adapter.find?.(createAnswer(), never)));
    await adapter.start(createFakeLedger());
    try {
      const sent = await adapter.send(createAnswer(), never);
      const found = await adapter.find?.(createAnswer(), never);

      assert.deepEqual([early.retryable, early.uncertain], [true, true]);
      assert.deepEqual(found, { receipt: sent, complete: true });
      assert.equal(await adapter.find?.(createAnswer({ tenant: 'plain' }), never), undefined);
      assert.deepEqual(adapter.split?.('A sentence of some length. Another one of the same.', undefined, { source: 'desk' }), [
        'A sentence of some length.',
        'Another one of the same.',
      ]);
      assert.equal(adapter.split?.('x '.repeat(100), undefined, { source: 'plain' }).length, 1);
    } finally {
      await adapter.stop();
    }
  });
});

test('a check says what cannot be reached and which credentials cannot be had, and posts nothing', async () => {
  await withDesk(async ({ desk }) => {
    const reply: HttpAction = {
      ...{ method: 'POST', url: `${desk.url}/tickets/{{conversation}}/comments`, timeoutMs: 5000 },
      body: { type: 'text', text: '{{text}}', contentType: 'text/plain' },
      auth: { scheme: 'oauth2', tokenUrl: `${desk.url}/token`, clientId: 'parley', secret: hunter },
    };
    const callback = { url: 'http://10.0.0.7/hunter2', secrets: [secret], timeoutMs: 1000 };
    const check = async (...sources: WebhookSource[]) => {
      const adapter = createWebhookAdapter({
        sources,
        maxBodyBytes: 1000,
        openFetch: toLoopback,
        createAction,
        createExpressions,
      });
      try {
        return await adapter.check?.(never);
      } finally {
        await adapter.stop();
      }
    };
    const right = await check({ ...source, reply }, { ...source, name: 'plain' });
    desk.fail('token', { status: 401 });
    const wrong = check({ ...source, reply }, { ...source, name: 'inside', callback });

    assert.deepEqual(right, { detail: 'on, /webhooks/desk, /webhooks/plain; where answers of 1 go can be reached' });
    await assert.rejects(wrong, (error) => {
      assert.ok(error instanceof AdapterError);
      assert.match(error.message, /answered 401 \(webhooks\.desk\.reply\.auth\.tokenUrl\)/);
      assert.match(error.message, /webhooks\.inside\.callback\.url: 10\.0\.0\.7 is private/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
    assert.ok(desk.requests.every(({ url }) => url === '/' || url === '/token'));
  });
});

test('keeps of an event what its reply needs', async () => {
  const keep = { from: '{{ticket.requester}}', none: '{{ticket.none}}', long: '{{ticket.long}}' };
  await withWebhooks({ sources: [{ ...source, keep }] }, async ({ deliver, ledger }) => {
    const response = await deliver({
      ticket: { id: 7, subject: 'a', description: 'b', requester: 'Ada "A"\0', long: 'x'.repeat(5000) },
    });

    assert.equal(response.status, 202);
    const kept: unknown = JSON.parse(ledger.events[0]?.destination['keep'] ?? '');
    assert.deepEqual(kept, { from: 'Ada "A"', none: '', long: 'x'.repeat(1000) });
  });
  for (const from of ['{{$headers.authorization}}', '{{a b}}'])
    assert.throws(
      () =>
        createWebhookAdapter({
          sources: [{ ...source, keep: { from } }],
          maxBodyBytes: 1000,
          openFetch: nowhere,
          createAction,
          createExpressions,
        }),
      /webhooks\.desk\.keep\.from: /,
    );
});
