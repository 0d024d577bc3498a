import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, ToolError } from '../../../src/errors.ts';
import { openTool, openTools, parameters, use } from './configured.ts';

/** All that could end a text, a header, an address or a template. */
const nasty = 'He said "no"\\\n\r\n\t\u2028{{args.id}} {% raw %} ${x} & = ? # / ..</a>]]>\ud83d\ude00 ä';

describe('a tool that is a call of an API', () => {
  test('only looks where it is a GET, or where its settings say so; and acts otherwise', async (t) => {
    const base = { description: 'x', url: 'https://api.example.com/', parameters };
    const tools = await openTools(t, {
      http: {
        a: base,
        b: { ...base, json: {} },
        c: { ...base, json: {}, readOnly: true },
        d: { ...base, method: 'DELETE' },
        e: { ...base, readOnly: false },
      },
    });

    assert.deepEqual(
      tools.map(({ name, readOnly, untrusted }) => [name, readOnly, untrusted]),
      [
        ['a', true, true],
        ['b', false, true],
        ['c', true, true],
        ['d', false, true],
        ['e', false, true],
      ],
    );
  });

  test('fills arguments and the place into address, query, headers and body, and keeps the type of an argument', async (t) => {
    const { api, run } = await openTool(t, {
      method: 'POST',
      url: 'URL/things/{{args.id}}?by={{person}}',
      query: { tenant: '{{tenant}}', tag: '{{args.tags}}', none: '{{args.note}}' },
      headers: { 'x-conversation': '{{conversation}}' },
      json: {
        id: '{{args.id}}',
        count: '{{args.count}}',
        tags: '{{args.tags}}',
        note: '{{args.note}}',
        said: 'by {{personName}}',
      },
    });

    await run({ id: 'a b', count: 3, tags: ['x&y', 'z'] });

    const [request] = api.requests;
    assert.equal(request?.method, 'POST');
    assert.equal(request?.url, '/things/a%20b?by=U1&tenant=T1&tag=x%26y&tag=z');
    assert.equal(request?.headers['x-conversation'], 'slack:T1:C1:1');
    assert.equal(request?.headers['idempotency-key'], 'call-1');
    assert.deepEqual(JSON.parse(request?.body ?? ''), { id: 'a b', count: 3, tags: ['x&y', 'z'], said: 'by A person' });
  });

  test('shows no id of the call where it only looks', async (t) => {
    const { api, run } = await openTool(t, { url: 'URL/' });

    await run({ id: '1' });

    assert.equal(api.requests[0]?.headers['idempotency-key'], undefined);
  });

  test('whatever an argument says stays where it was put, in JSON, forms, text, XML and GraphQL', async (t) => {
    const bodies = [
      { json: { a: '{{args.note}}!' } },
      { form: { a: '{{args.note}}!' } },
      { text: '{{args.note}}!' },
      { xml: '<a b="{{args.note}}">{{args.note}}!</a>' },
      { graphql: { query: 'query($a: String) { find(a: $a) { id } }', variables: { a: '{{args.note}}!' } } },
      { jsonRpc: { method: 'find', params: ['{{args.note}}!'] } },
    ];
    const seen: string[] = [];
    for (const body of bodies) {
      const needed = { ...parameters, required: ['id', 'note'] };
      const answer = () => ({ body: { data: {}, result: {} } });
      const { api, run } = await openTool(t, { url: 'URL/', parameters: needed, ...body }, answer);
      await run({ id: '1', note: nasty });
      seen.push(api.requests[0]?.body ?? '');
    }

    const [json, form, text, xml, graphql, rpc] = seen;
    assert.deepEqual(JSON.parse(json ?? ''), { a: `${nasty}!` });
    assert.deepEqual([...new URLSearchParams(form)], [['a', `${nasty}!`]]);
    assert.equal(text, `${nasty}!`);
    assert.doesNotMatch(xml?.replaceAll(/^<a b="[^"<>]*">[^<>]*<\/a>$/gs, '') ?? '', /./s);
    assert.match(xml ?? '', /&quot;no&quot;.*&lt;\/a&gt;\]\]&gt;/s);
    assert.deepEqual(JSON.parse(graphql ?? ''), { query: bodies[4]?.graphql?.query, variables: { a: `${nasty}!` } });
    assert.deepEqual(JSON.parse(rpc ?? ''), { jsonrpc: '2.0', id: 'call-1', method: 'find', params: [`${nasty}!`] });
  });

  test('no argument leads to another path, another host or another header, and nothing is sent', async (t) => {
    const { api, run } = await openTool(t, {
      url: 'URL/things/{{args.id}}/x',
      headers: { 'x-id': '{{args.note | default: ""}}' },
    });

    for (const id of ['..', '.', '', '../admin', 'a/../../b', '..\\admin', 'a/'])
      await assert.rejects(run({ id }), /^ToolError: Nothing was sent/, id);
    for (const note of ['a\r\nx-admin: 1', '\0', 'ä']) await assert.rejects(run({ id: '1', note }), /the header x-id/);
    await run({ id: '//evil.example.com:80@x?y#z'.replaceAll('/', '|') });
    await run({ id: 'group/name' });

    assert.deepEqual(
      api.requests.map(({ url }) => url),
      [`/things/${encodeURIComponent('||evil.example.com:80@x?y#z')}/x`, '/things/group%2Fname/x'],
    );
  });

  test('gives the model what the expression picks, and no more than it may have', async (t) => {
    const answer = () => ({ body: { items: [{ id: 1, name: 'x'.repeat(100), secret: 'no' }] } });
    const picked = await openTool(t, { url: 'URL/', result: 'items.{ "id": id }' }, answer);
    const cut = await openTool(t, { url: 'URL/', result: 'items.name', resultCharacters: 10 }, answer);
    const nothing = await openTool(t, { url: 'URL/', result: 'things' }, answer);
    const all = await openTool(t, { url: 'URL/' }, () => ({ body: '<a>1</a>', headers: { 'content-type': 'text/xml' } }));

    assert.deepEqual(JSON.parse(await picked.run({ id: '1' })), { id: 1 });
    assert.equal(await cut.run({ id: '1' }), `${'x'.repeat(10)} [… 90 characters left out]`);
    assert.equal(await nothing.run({ id: '1' }), 'It gave nothing of what was asked for.');
    assert.equal(await all.run({ id: '1' }), '<a>1</a>');
  });

  test('an expression that does not end is ended', async (t) => {
    const body = { text: `${'a'.repeat(40)}!` };
    const { run } = await openTool(t, { url: 'URL/', result: '$match(text, /^(a+)+$/)' }, () => ({ body }));

    await assert.rejects(run({ id: '1' }), /^ToolError: The answer cannot be read as it is configured .*longer than/);
  });

  test('reaches no address that is not allowed, and follows no redirect', async (t) => {
    const [inside] = await openTools(t, {
      http: { inside: { description: 'x', url: 'http://169.254.169.254/{{args.id}}', parameters } },
    });
    const { api, run } = await openTool(t, { url: 'URL/' }, () => ({ status: 302, headers: { location: '/other' } }));

    await assert.rejects(
      inside?.run({ id: '1' }, use) ?? Promise.resolve(),
      /^ToolError: tools\.http\.inside: 169\.254\.169\.254 is link-local/,
    );
    await assert.rejects(run({ id: '1' }), /^ToolError: 127\.0\.0\.1:\d+ answered 302/);
    assert.equal(api.requests.length, 1);
  });

  test('what went wrong is told in a sentence with a part of the answer, without credentials', async (t) => {
    const secret = 'a-long-secret-token';
    const said = (status: number) => ({
      status,
      headers: { 'retry-after': '7' },
      body: `Wrong: ${secret}\u202e\n\n${'x'.repeat(3000)}`,
    });
    const auth = { scheme: 'bearer', secret };
    const results = [];
    for (const status of [400, 401, 404, 429, 500]) {
      const { run } = await openTool(t, { url: 'URL/', auth }, () => said(status));
      const error: unknown = await run({ id: '1' }).catch((failure: unknown) => failure);
      assert.ok(error instanceof ToolError);
      assert.doesNotMatch(error.message, /a-long-secret|\u202e|\n/);
      assert.match(error.message, /It says: Wrong: \[secret\] x+ \[… \d+ characters left out\]$/);
      results.push(error.message.slice(error.message.indexOf('answered'), error.message.indexOf(' It says')));
    }

    assert.deepEqual(results, [
      'answered 400. It refuses the request.',
      'answered 401. It does not accept the credentials, or they lack a right: a person has to look.',
      'answered 404. What was asked for is not there.',
      'answered 429. It takes no more for now; it may be asked again in 7 s.',
      'answered 500. It is in trouble.',
    ]);
  });

  test('an API that repeats the credentials gives the model none of them', async (t) => {
    const { run } = await openTool(
      t,
      { url: 'URL/', auth: { scheme: 'basic', username: 'bot', secret: 'a-long-"secret' } },
      ({ headers }) => ({ body: { got: headers.authorization, known: 'a-long-"secret' } }),
    );

    const said = await run({ id: '1' });

    assert.doesNotMatch(said, /a-long|Ym90/);
  });

  test('of one that acts it is told whether it can have acted', async (t) => {
    const answers = [
      { status: 503 },
      { fault: 'break' },
      { status: 302 },
      { status: 408 },
      { status: 400 },
      { status: 409 },
      { status: 429 },
      { status: 201, body: '{"id": ', fault: 'cut' },
      { status: 204 },
    ] as const;
    const verdicts = [];
    for (const answer of answers) {
      const { run } = await openTool(t, { url: 'URL/', json: {} }, () => answer);
      verdicts.push(await run({ id: '1' }).then(String, (error: Error) => error.constructor.name));
    }

    assert.deepEqual(verdicts, [
      ...Array.from({ length: 4 }, () => 'DeliveryError'),
      ...Array.from({ length: 3 }, () => 'ToolError'),
      'It was accepted (status 201), but the answer broke off.',
      'Done (status 204).',
    ]);
  });

  test('an error within a 200 is an error, of GraphQL and of JSON-RPC', async (t) => {
    const graphql = { query: '{ a }' };
    const say = (body: unknown) => () => ({ body });
    const wrong = await openTool(
      t,
      { url: 'URL/', graphql, readOnly: true },
      say({ data: { a: 1 }, errors: [{ message: 'no such field' }] }),
    );
    const none = await openTool(t, { url: 'URL/', graphql, readOnly: true }, say({ hello: 1 }));
    const right = await openTool(t, { url: 'URL/', graphql, result: 'a' }, say({ data: { a: 'yes' } }));
    const jsonRpc = { method: 'x' };
    const broken = await openTool(
      t,
      { url: 'URL/', jsonRpc },
      say({ jsonrpc: '2.0', error: { code: -32601, message: 'unknown' } }),
    );
    const whole = await openTool(t, { url: 'URL/', jsonRpc }, say({ jsonrpc: '2.0', result: [1] }));

    await assert.rejects(wrong.run({ id: '1' }), /^ToolError: .*no such field/);
    await assert.rejects(none.run({ id: '1' }), /^ToolError: .*is no answer of GraphQL/);
    assert.equal(await right.run({ id: '1' }), 'yes');
    await assert.rejects(broken.run({ id: '1' }), /^ToolError: .*-32601.*unknown/);
    assert.equal(await whole.run({ id: '1' }), '[1]');
  });

  test('one that takes too long is given up', async (t) => {
    const { run } = await openTool(t, { url: 'URL/', timeoutSeconds: 0.05 }, () => ({ fault: 'hang' }));

    await assert.rejects(run({ id: '1' }), /^ToolError: 127\.0\.0\.1:\d+ did not answer/);
  });
});

test('what could never work is refused at the start, by its key', async (t) => {
  const base = { description: 'x', url: 'https://api.example.com/', parameters };
  const mistakes: [Record<string, unknown>, RegExp][] = [
    [{ url: 'https://{{args.id}}/' }, /The url must begin with a host/],
    [{ url: 'https://api.example.com/{{args.other}}' }, /undefined variable: args\.other/],
    [{ url: 'https://api.example.com/{{args.note}}' }, /args\.note.*not every argument is required/],
    [{ headers: { host: 'x' } }, /headers cannot hold "host"/],
    [{ headers: { authorization: 'x' } }, /headers\.authorization.*belongs into auth/],
    [{ parameters: { type: 'string' } }, /JSON Schema with type: object/],
    [{ parameters: { type: 'object', properties: { a: { type: 'nothing' } } } }, /parameters: /],
    [{ result: '$sum(' }, /in "\$sum\("/],
    [{ json: {}, text: 'x' }, /text.*is set beside json/],
    [{ method: 'GET', json: {} }, /json.*goes with no GET/],
    [{ json: '{{args.id}}' }, /json.*must be JSON/],
    [{ auth: { scheme: 'bearer' } }, /auth\.secret.*is missing/],
    [{ description: '' }, /description/],
  ];

  for (const [mistake, said] of mistakes) {
    await assert.rejects(
      openTools(t, { http: { try_it: { ...base, ...mistake } } }),
      (error) => error instanceof ConfigError && /tools\.http\.try_it/.test(error.message) && said.test(error.message),
      String(said),
    );
  }
  await assert.rejects(openTools(t, { http: { current_time: base } }), /is the name of a tool that Parley has/);
  await assert.rejects(openTools(t, { http: { a__b: base } }), ConfigError);
});
