import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnswer, never } from '../../adapters/webhook/harness.ts';
import { failureOf, withDesk } from './action-harness.ts';

/** All that could end a text, a header, an address or a template. */
const nasty = 'He said "no"\\\n\r\n\t\u2028{{id}} {% raw %} ${x} & = ? # / ..</script>\u0000 \ud83d\ude00 ä';

test('posts an answer as a comment, with its id, and gives back that of the comment', async () => {
  await withDesk(async ({ desk, create }) => {
    const receipt = await create().send(createAnswer(), never);

    const [request] = desk.requests;
    assert.deepEqual(desk.comments('7'), [{ id: 101, body: 'Try a **new** bulb.', ref: createAnswer().id, public: true }]);
    assert.deepEqual(receipt, { id: '101' });
    assert.equal(request?.headers['idempotency-key'], createAnswer().id);
    assert.equal(request?.headers['content-type'], 'application/json');
  });
});

test('whatever an answer says stays inside its text, in JSON, in a form and in plain text', async () => {
  await withDesk(async ({ desk, create }) => {
    const url = `${desk.url}/tickets/1/comments`;
    const message = createAnswer({ text: `${nasty}\ud800` });
    await create().send(message, never);
    await failureOf(
      create({ url, body: { type: 'form', fields: { Body: '{{text}}', To: '{{keep.from}}' } } }).send(
        { ...message, destination: { keep: '{"from":"+1&To=x"}' } },
        never,
      ),
    );
    await failureOf(
      create({ url, body: { type: 'text', text: '> {{text}}', contentType: 'text/markdown' } }).send(message, never),
    );

    const [, form, plain] = desk.requests;
    assert.equal(desk.comments('7')[0]?.body, `${nasty}\ufffd`);
    assert.deepEqual(
      [...new URLSearchParams(form?.body)],
      [
        ['Body', `${nasty}\ufffd`],
        ['To', '+1&To=x'],
      ],
    );
    assert.deepEqual([plain?.body, plain?.headers['content-type']], [`> ${nasty}\ufffd`, 'text/markdown']);
  });
});

test('what is filled into an address is percent-encoded and leads nowhere else', async () => {
  await withDesk(async ({ desk, create }) => {
    const action = create({ url: `${desk.url}/tickets/{{conversation}}/comments?by={{source}}` });
    const say = (conversation: string) => action.send(createAnswer({ destination: { conversation }, tenant: 'a&b=c#d' }), never);
    await say(nasty);
    await say('../admin');
    for (const conversation of ['', '.', '..']) {
      const error = await failureOf(say(conversation));

      assert.match(error.message, /^webhooks\.desk\.reply: it cannot be filled in: .*gap/, conversation);
      assert.deepEqual([error.retryable, error.uncertain], [false, false]);
    }

    assert.deepEqual(
      desk.requests.map(({ url }) => url),
      [`/tickets/${encodeURIComponent(nasty)}/comments?by=a%26b%3Dc%23d`, '/tickets/..%2Fadmin/comments?by=a%26b%3Dc%23d'],
    );
  });
});

test('a value that would begin another header is refused before anything is sent', async () => {
  await withDesk(async ({ desk, create }) => {
    const action = create({ headers: { 'X-Ticket': 'no {{conversation}}' } });
    await action.send(createAnswer(), never);
    for (const conversation of ['7\r\nX-Admin: 1', '7\n', 'ä', '\0']) {
      const error = await failureOf(action.send(createAnswer({ destination: { conversation } }), never));

      assert.match(error.message, /the header x-ticket would hold/);
      assert.equal(error.retryable, false);
    }

    assert.deepEqual([desk.requests.length, desk.requests[0]?.headers['x-ticket']], [1, 'no 7']);
  });
});

test('tells of each failure whether to try again, when, and whether a comment may stand there', async () => {
  await withDesk(async ({ desk, clock, create }) => {
    const verdicts: unknown[] = [];
    for (const status of [429, 500, 503, 409, 408, 401, 403, 404, 422, 302, 0]) {
      desk.fail('7', { status });
      const { retryable, uncertain, retryAfterMs } = await failureOf(create().send(createAnswer(), never));
      verdicts.push([status, retryable, uncertain, retryAfterMs]);
    }
    desk.fail('7', { status: 1 });
    const silent = failureOf(create().send(createAnswer(), never));
    while (desk.requests.length < 12) await new Promise(setImmediate);
    await clock.advance(5000);
    const unreachable = await failureOf(create({ url: 'http://127.0.0.1:1/' }).send(createAnswer(), never));

    assert.deepEqual(verdicts, [
      [429, true, false, 1000],
      [500, true, true, 1000],
      [503, true, true, 1000],
      [409, true, true, 1000],
      [408, true, true, 1000],
      [401, false, false, 1000],
      [403, false, false, 1000],
      [404, false, false, 1000],
      [422, false, false, 1000],
      [302, false, true, 1000],
      [0, true, true, undefined],
    ]);
    assert.deepEqual([(await silent).retryable, (await silent).uncertain], [true, true]);
    assert.deepEqual([unreachable.retryable, unreachable.uncertain], [true, false]);
    assert.match(unreachable.message, /127\.0\.0\.1:1 could not be reached \(webhooks\.desk\.reply\)/);
    assert.equal(clock.pending(), 0);
  });
});

test('takes only the statuses that it expects for success', async () => {
  await withDesk(async ({ create }) => {
    const error = await failureOf(create({ expectStatus: [200] }).send(createAnswer(), never));

    assert.match(error.message, /answered 201 .*expectStatus/);
    assert.deepEqual([error.retryable, error.uncertain], [false, true]);
  });
});

test('finds the comment that an earlier attempt has left, and stays in doubt where it cannot look', async () => {
  await withDesk(async ({ desk, create }) => {
    const find = { url: `${desk.url}/tickets/{{conversation}}/comments`, items: 'comments', text: 'ref' };
    const action = create({ find });
    const nothing = await action.find(createAnswer(), never);
    await action.send(createAnswer({ id: 'another-answer-of-the-bot' }), never);
    await action.send(createAnswer(), never);
    await action.send(createAnswer({ id: 'a-newer-answer-of-the-bot' }), never);
    const found = await action.find(createAnswer(), never);
    const inBody = await create({ find: { ...find, text: 'body' } }).find(createAnswer(), never);
    const anywhere = await create({ find: { url: find.url, items: 'comments' } }).find(createAnswer(), never);

    assert.equal(nothing, undefined);
    assert.deepEqual(found, { receipt: { id: '103' }, complete: true });
    assert.equal(inBody, undefined);
    assert.deepEqual(anywhere, found);
    for (const status of [404, 429, 500, 0]) {
      desk.fail('7', { method: 'GET', status });
      const error = await failureOf(action.find(createAnswer(), never));
      assert.equal(error.uncertain, true, String(status));
    }
    const noList = await failureOf(create({ find: { ...find, items: 'tickets' } }).find(createAnswer(), never));
    assert.match(noList.message, /"tickets" of the response is no list/);
    assert.deepEqual([noList.retryable, noList.uncertain], [true, true]);
  });
});

test('reaches no address that is not allowed, and follows no redirect', async () => {
  await withDesk(async ({ desk, create }) => {
    const inside = await failureOf(create({ url: 'http://169.254.169.254/{{conversation}}' }).send(createAnswer(), never));
    desk.fail('7', { status: 307 });
    const redirected = await failureOf(create().send(createAnswer(), never));

    assert.match(inside.message, /^webhooks\.desk\.reply: 169\.254\.169\.254 is link-local.*outbound/);
    assert.deepEqual([inside.retryable, inside.uncertain], [false, false]);
    assert.match(redirected.message, /answered 307 .*Redirects are not followed/);
    assert.equal(desk.requests.length, 1);
  });
});

test('an API that says in the body what is wrong is believed, whatever the status', async () => {
  await withDesk(async ({ desk, create }) => {
    const action = create({ errors: 'errors' });
    assert.deepEqual(await action.send(createAnswer(), never), { id: '101' }, 'no errors, none meant');
    desk.fail('7', { status: 200, body: { errors: [], data: {} } });
    assert.deepEqual(await action.send(createAnswer(), never), { id: createAnswer().id }, 'an empty list of them');
    desk.fail('7', { status: 200, body: { errors: [{ message: 'Entity not found' }], data: null } });
    const refused = await failureOf(action.send(createAnswer(), never));

    assert.deepEqual([refused.retryable, refused.uncertain], [false, false]);
    assert.match(refused.message, /tells of errors \(webhooks\.desk\.reply\)/);
  });
});

test('a refusal because the comment stands already is the end of an attempt whose response was lost', async () => {
  await withDesk(async ({ desk, create }) => {
    const action = create({ errors: 'errors', duplicate: 'Already Exists' });
    for (const status of [200, 400, 409]) {
      desk.fail('7', { status, body: { errors: [{ message: 'id already exists' }] } });
      assert.deepEqual(await action.send(createAnswer(), never), { id: createAnswer().id }, `status ${status}`);
    }
    desk.fail('7', { status: 400, body: { errors: [{ message: 'id is no UUID' }] } });
    assert.equal((await failureOf(action.send(createAnswer(), never))).retryable, false, 'another refusal is one');
  });
});

test('an answer has a UUID of its own, the same on every attempt', async () => {
  await withDesk(async ({ desk, create }) => {
    const action = create({ body: { type: 'json', value: { comment: { body: '{{uuid}}' } } } });
    for (const id of ['a', 'a', 'b']) await action.send({ ...createAnswer(), id }, never);
    const [first, again, other] = desk.comments('7').map(({ body }) => body);

    assert.match(first ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(again, first);
    assert.notEqual(other, first);
  });
});
