import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDiscordAdapter } from '../../../adapters/discord/index.ts';

const never = new AbortController().signal;

/** Fetches from these addresses, and what was asked for with which headers. */
function open(answer: (url: string) => Response, apiUrl = 'https://discord.com/api') {
  const requests: { readonly url: string; readonly headers: unknown }[] = [];
  const adapter = createDiscordAdapter({
    ...{ token: 'emulated-token-of-the-bot', gateway: true, messageContentIntent: true, streaming: true, backfillMs: 0, apiUrl },
    ...{ commands: false, commandGuilds: [], privateAnswers: false, userInstall: false, buttons: false },
    ...{ guilds: {}, channels: {}, solvedTags: [], botTurnsPerHour: 0, autoThread: false },
    fetch: async (input, init) => {
      const { url } = new Request(input);
      requests.push({ url, headers: init?.headers });
      return answer(url);
    },
  });
  const download = async (url: string, maxBytes = 100): Promise<string> => {
    const attachment = { name: 'a.txt', mimeType: 'text/plain', url };
    const bytes = adapter.download?.({ attachment, tenant: '1', destination: {}, maxBytes }, never);
    return bytes?.then((got) => `got ${Buffer.from(got).toString()}`, String) ?? 'no download';
  };
  return { download, requests, stop: () => adapter.stop() };
}

describe('files on Discord', () => {
  test('are fetched from its own hosts, without any credential', async () => {
    const { download, requests, stop } = open(() => new Response('hello'));

    const results = [
      await download('https://cdn.discordapp.com/attachments/1/2/a.txt?ex=1&is=2&hm=3'),
      await download('https://media.discordapp.net/attachments/1/2/a.txt'),
    ];

    await stop();
    assert.deepEqual(results, ['got hello', 'got hello']);
    assert.deepEqual(
      requests.map(({ headers }) => headers),
      [{}, {}],
    );
  });

  test('are fetched from nowhere else, by their address or by a redirect', async () => {
    const { download, requests, stop } = open(() => Response.redirect('http://169.254.169.254/latest/meta-data/', 302));

    const results = [
      await download('http://cdn.discordapp.com/attachments/1/2/a.txt'),
      await download('https://cdn.discordapp.com.example.com/a.txt'),
      await download('https://cdn.discordapp.com:8443/a.txt'),
      await download('https://discord.com/api/a.txt'),
      await download('https://cdn.discordapp.com/attachments/1/2/a.txt'),
    ];

    await stop();
    for (const result of results) assert.equal(result, "FileError: its address is none of the platform's own");
    assert.deepEqual(
      requests.map(({ url }) => url),
      ['https://cdn.discordapp.com/attachments/1/2/a.txt'],
    );
  });

  test('whose address has expired, and those that are too large, are said to be so', async () => {
    const { download, stop } = open((url) =>
      url.endsWith('large') ? new Response('x'.repeat(200)) : new Response('', { status: 404 }),
    );

    const results = [await download('https://cdn.discordapp.com/gone'), await download('https://cdn.discordapp.com/large')];

    await stop();
    assert.deepEqual(results, ['FileError: it is not there any more', 'FileError: it is more than the 100 bytes that are read']);
  });
});
