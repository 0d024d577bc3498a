import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressError } from '../../../src/errors.ts';
import { createReach } from '../../../src/reachable.ts';
import { echo, withFetch } from './loopback.ts';

const closed = { mayReach: createReach([]) };

async function refusal(sending: Promise<unknown>): Promise<unknown> {
  const error: unknown = await sending.then(
    () => assert.fail('it was sent'),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof TypeError, String(error));
  return error.cause;
}

test('a private address is not called, whether it is written out or what a name leads to', async () => {
  await withFetch(
    echo,
    async (fetch_, server) => {
      const { port } = new URL(server.url);
      for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433', '0']) {
        const cause = await refusal(fetch_(`http://${host}:${port}/`));

        assert.ok(cause instanceof AddressError, `${host}: ${String(cause)}`);
        assert.match(cause.message, /network\.allowPrivate/);
      }
      assert.equal(server.connections(), 0);
    },
    closed,
  );
});

test('what is allowed is called, by its name and by its address', async () => {
  await withFetch(
    echo,
    async (fetch_, server) => {
      const { port } = new URL(server.url);

      assert.equal((await fetch_(server.url)).status, 200);
      assert.equal((await fetch_(`http://localhost:${port}/`)).status, 200);
    },
    { mayReach: createReach(['loopback']) },
  );
});

test('a host that is allowed by name is called, and by its address it is not', async () => {
  await withFetch(
    echo,
    async (fetch_, server) => {
      assert.equal((await fetch_(`http://localhost:${new URL(server.url).port}/`)).status, 200);
      assert.ok((await refusal(fetch_(server.url))) instanceof AddressError);
    },
    { mayReach: createReach(['localhost']) },
  );
});

test('a redirect is not followed, and nothing is left to a fetch without limits', async () => {
  await withFetch(
    (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    async (fetch_, server) => {
      assert.equal((await fetch_(server.url, { redirect: 'manual' })).status, 302);
      await refusal(fetch_(server.url, { redirect: 'follow' }));
      await refusal(fetch_(new Request(server.url)));
      await refusal(fetch_('data:text/plain,hello'));
    },
    { mayReach: createReach(['loopback']) },
  );
});
