import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { AddressError } from '../../../src/errors.ts';
import { openMcpServer } from '../../../src/tools/mcp.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { openOAuthMcpServer } from '../../support/mcp-oauth-server.ts';
import { localFetch } from '../../support/local-fetch.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { use } from './configured.ts';

interface Opening {
  readonly issuer?: string;
  readonly clientSecret?: string;
  readonly fetch?: typeof fetch;
}

async function open(t: TestContext, url: string, opening: Opening = {}) {
  const { issuer = url, clientSecret = 'the-secret', fetch = localFetch(t) } = opening;
  const [clock, log] = [createFakeClock(), createMemoryLog()];
  const oauth = { issuer, clientId: 'parley', clientSecret };
  const settings = { env: {}, readOnly: ['hello'], acting: [], url: `${url}/mcp`, oauth };
  const server = openMcpServer({ name: 'docs', settings, callTimeoutMs: 30_000, fetch, clock, log });
  t.after(() => server.stop());
  await server.settled();
  const run = () => server.tools()[0]?.run({}, use) ?? Promise.reject(new Error('it has no tools'));
  return { server, clock, log, run };
}

async function serve(t: TestContext, options?: { readonly trusts: string }) {
  const emulator = await openOAuthMcpServer(options);
  t.after(() => emulator.stop());
  return emulator;
}

describe('an MCP server that wants OAuth', () => {
  test('is shown one token for all calls, and another when that is refused', async (t) => {
    const emulator = await serve(t);
    const { run } = await open(t, emulator.url);

    const said = [await run(), await run()];
    emulator.expire();
    said.push(await run());

    assert.deepEqual(said, ['hello by token 1', 'hello by token 1', 'hello by token 2']);
    assert.equal(emulator.tokens(), 2);
  });

  test('is shown the same token after a lost connection', async (t) => {
    const emulator = await serve(t);
    const { server, clock, run } = await open(t, emulator.url);
    emulator.breakNext();
    await assert.rejects(run(), /gave no answer/);
    await clock.advance(2_000);
    await server.settled();

    assert.equal(await run(), 'hello by token 1');
    assert.equal(emulator.tokens(), 1);
  });

  test('that sends to another authorization server gets no credentials sent there', async (t) => {
    const thief = await serve(t);
    const emulator = await serve(t, { trusts: thief.url });

    const { server, log } = await open(t, emulator.url);

    assert.equal(server.isUp, false);
    assert.deepEqual([thief.seen, thief.shown, emulator.shown], [[], [], []]);
    assert.match(JSON.stringify(log), /is not presented to/);
  });

  test('that trusts the issuer on another host gets its token from there', async (t) => {
    const issuer = await serve(t);
    const emulator = await serve(t, { trusts: issuer.url });

    const { run } = await open(t, emulator.url, { issuer: issuer.url });

    assert.equal(await run(), 'hello by token 1');
    assert.deepEqual([issuer.tokens(), emulator.tokens()], [1, 0]);
  });

  test('whose issuer has a private address is not connected; the log names the setting and the way out', async (t) => {
    const emulator = await serve(t, { trusts: 'https://login.internal' });
    const local = localFetch(t);
    const refused = new AddressError({ host: 'login.internal', address: '10.0.0.7', kind: 'private' });
    const fetch: typeof local = async (input, init) => {
      if (new URL(input instanceof Request ? input.url : input).host === 'login.internal')
        throw new TypeError('fetch failed', { cause: refused });
      return local(input, init);
    };

    const { server, log } = await open(t, emulator.url, { issuer: 'https://login.internal', fetch });

    assert.equal(server.isUp, false);
    assert.match(JSON.stringify(log), /tools\.mcp\.docs\.oauth\.issuer: .*outbound: \{ allow: \[.*login\.internal/);
  });

  test('whose issuer refuses the client has no tools; the log says why without the secret', async (t) => {
    const emulator = await serve(t);

    const { server, log } = await open(t, emulator.url, { clientSecret: 'wrong-secret' });

    assert.deepEqual([server.isUp, emulator.shown.includes('parley:wrong-secret')], [false, true]);
    assert.match(JSON.stringify(log), /cannot be reached/);
    assert.doesNotMatch(JSON.stringify(log), /wrong-secret/);
  });
});
