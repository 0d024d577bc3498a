import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import type { EmulatedFile } from '../../../adapters/slack/emulator/world.ts';
import { scopesOf } from '../../../adapters/slack/manifest.ts';
import { noAbort, startSlack, type Slack, type SlackSetup } from './harness.ts';

const notes: EmulatedFile = { name: 'notes.txt', mimetype: 'text/plain', size: 5, content: Buffer.from('hello') };

/** What comes of the download of the file that a person shows. */
async function share(slack: Slack, file: EmulatedFile, maxBytes = 1_000): Promise<string> {
  slack.emulator.say({ text: 'look', direct: true, files: [file] });
  const message = (await slack.offeredMessages(slack.offered.length + 1)).at(-1);
  const [attachment] = message?.attachments ?? [];
  assert.ok(message && attachment && slack.adapter.download);
  const { tenant, destination } = message;
  return slack.adapter.download({ attachment, tenant, destination, maxBytes }, noAbort).then(
    (bytes) => `got ${Buffer.from(bytes).toString()}`,
    (error: unknown) => String(error),
  );
}

const without = (scope: string): SlackSetup => ({
  emulator: { scopes: scopesOf({ followThreads: true }).filter((each) => each !== scope) },
});

describe('files on Slack', () => {
  for (const transport of ['http', 'socket'] as const) {
    test(`by ${transport}: are fetched from their private address, with the bot token`, async (t) => {
      const slack = await startSlack(t, { transport });
      while (transport === 'socket' && slack.emulator.connected() === 0) await slack.clock.sleep(5);

      const got = await share(slack, notes);

      assert.equal(got, 'got hello');
      assert.deepEqual(
        slack.emulator.downloads().map(({ authorization }) => authorization),
        [`Bearer ${slack.emulator.botToken}`],
      );
      assert.doesNotMatch(JSON.stringify(slack.offered), /xox/);
    });
  }

  test('of another organisation are looked up first', async (t) => {
    const slack = await startSlack(t);

    assert.equal(await share(slack, { ...notes, isStub: true }), 'got hello');
  });

  test('are missed for want of files:read, which is told from the page that Slack shows in their place', async (t) => {
    const slack = await startSlack(t, without('files:read'));

    const results = [await share(slack, notes), await share(slack, { ...notes, isStub: true })];

    for (const result of results) assert.match(result, /Slack does not let me have it: the app may lack the scope files:read/);
  });

  test('that are pages themselves are no such page', async (t) => {
    const slack = await startSlack(t);

    const got = await share(slack, { ...notes, mimetype: 'text/html', content: Buffer.from('<html><body>Hi</body></html>') });

    assert.equal(got, 'got <html><body>Hi</body></html>');
  });

  test('are read up to the limit, whatever their size is said to be', async (t) => {
    const slack = await startSlack(t);

    assert.match(
      await share(slack, { ...notes, size: 5, content: Buffer.alloc(2_000) }),
      /it is more than the 1 kB that are read/,
    );
  });

  test('are fetched from nowhere else: neither by their address nor by a redirect does the token go elsewhere', async (t) => {
    const slack = await startSlack(t);
    const { url, requests } = await strangeHost(t);

    const results = [
      await share(slack, { ...notes, url }),
      await share(slack, { ...notes, url: 'http://169.254.169.254/latest/meta-data/' }),
      await share(slack, { ...notes, url: 'file:///etc/passwd' }),
      await share(slack, { ...notes, url: `${slack.emulator.apiUrl.replace('//', '//files.slack.com@')}x` }),
      await share(slack, { ...notes, fault: { redirect: url } }),
    ];

    for (const result of results) assert.match(result, /its address is none of the platform's own/);
    assert.deepEqual(requests, []);
  });

  test('follow a redirect on their own host without the token, and end in a circle', async (t) => {
    const slack = await startSlack(t);

    const result = await share(slack, { ...notes, fault: { redirect: './again' } });

    assert.match(result, /its address leads in a circle|does not let me have it/);
    assert.deepEqual(
      slack.emulator
        .downloads()
        .slice(1)
        .filter(({ authorization }) => authorization !== undefined),
      [],
    );
  });

  test('that stall end with the signal', async (t) => {
    const slack = await startSlack(t);
    slack.emulator.say({ text: 'look', direct: true, files: [{ ...notes, fault: 'stall' }] });
    const [message] = await slack.offeredMessages(1);
    const [attachment] = message?.attachments ?? [];
    assert.ok(message && attachment);

    const fetching = slack.adapter.download?.({ ...message, attachment, maxBytes: 1_000 }, AbortSignal.timeout(50));

    await assert.rejects(fetching ?? Promise.resolve(), { name: 'TimeoutError' });
  });
});

async function strangeHost(t: TestContext): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers.authorization ?? 'none');
    response.end('strange');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return { url: `http://127.0.0.1:${port}/secret`, requests };
}
