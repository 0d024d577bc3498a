import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createDiscordEmulator, type DiscordEmulator } from '../adapters/discord/emulator.ts';
import { systemClock } from '../src/clock.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from '../test/support/openai-emulator.ts';

/**
 * npm run bench:deferral [-- --burst 200 --rate 50 --seconds 10]
 *
 * How long Discord waits for an interaction to be deferred while Parley is busy with answers: from the dispatch (or the request) of a slash
 * command to its acknowledgement, as Discord sees it. The event is on disk by then. Discord gives up after three seconds.
 * Parley is a process of its own, with its default settings; platform and model are emulators beside it, with Discord's rate limits.
 */
const { values } = parseArgs({
  options: {
    burst: { type: 'string', default: '200' },
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '10' },
  },
});
const burst = Number(values.burst);
const rate = Number(values.rate);
const seconds = Number(values.seconds);

const ways = ['gateway', 'http'] as const;
type Way = (typeof ways)[number];

/** ms that deferring took, of each command; undefined where it was not deferred in time. */
interface Outcome {
  readonly atOnce: readonly (number | undefined)[];
  readonly steady: readonly (number | undefined)[];
  /** How many model calls had begun by the time that the last command was sent, and how many of them were over. */
  readonly calls: { readonly begun: number; readonly over: number };
}

const words = Array.from({ length: 80 }, (_, index) => `word${index}`).join(' ');
const giveUpMs = 5_000;
const callback = 'POST /interactions/:id/:id/callback';

for (const way of ways) report(way, await measure(way));

async function measure(way: Way): Promise<Outcome> {
  const limits = { messageLimit: { count: 5, perMs: 5_000 }, globalLimit: { count: 50, perMs: 1_000 } };
  const discord = createDiscordEmulator({ clock: systemClock, ...limits });
  const model = createOpenAiEmulator({ clock: systemClock });
  Object.assign(model.behaviour, { answer: () => words, latencyMs: 300, tokensPerSecond: 40 });
  await Promise.all([discord.listen(), model.start()]);
  const parley = await startParley(way, discord, model);
  try {
    await until(() => discord.commands().length >= 5 && (way === 'http' || discord.connected() > 0), 'Parley to be ready');
    if (way === 'http') discord.setEndpoint(`${parley.url}/discord/interactions`);
    return await load(discord, model);
  } finally {
    await parley.stop();
    await Promise.all([discord.close(), model.stop()]);
  }
}

/** Many at once, then so many a second while the answers to the first are being written. */
async function load(discord: DiscordEmulator, model: OpenAiEmulator): Promise<Outcome> {
  const channels = Array.from({ length: 200 }, (_, index) => discord.channel({ name: `bench-${index}` }).id);
  const stopwatch = createStopwatch(discord);
  const ask = (index: number): Promise<number | undefined> =>
    stopwatch.time(() =>
      discord.command({
        ...{ name: 'ask', options: { question: `question ${index}` } },
        ...{ channelId: channels[index % channels.length] ?? '', user: `Person ${index}` },
      }),
    );
  const atOnce = Array.from({ length: burst }, (_, index) => ask(index));
  const steady: Promise<number | undefined>[] = [];
  const from = performance.now();
  while (performance.now() - from < seconds * 1_000) {
    const due = ((performance.now() - from) / 1_000) * rate;
    while (steady.length < due) steady.push(ask(burst + steady.length));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const calls = { begun: model.calls.length, over: model.calls.filter(({ state }) => state !== 'open').length };
  return { atOnce: await Promise.all(atOnce), steady: await Promise.all(steady), calls };
}

function createStopwatch(discord: DiscordEmulator) {
  type Interaction = ReturnType<DiscordEmulator['command']>;
  const waiting = new Map<Interaction, (at: number | undefined) => void>();
  const look = (): void => {
    const now = performance.now();
    for (const [interaction, done] of waiting) if (interaction.responseType !== undefined) done(now);
  };
  discord.onInteractionAnswered(look);
  discord.onCall((route, phase) => {
    if (route === callback && phase === 'after') look();
  });
  return {
    time: (begin: () => Interaction): Promise<number | undefined> =>
      new Promise((resolve) => {
        const from = performance.now();
        const interaction = begin();
        const end = (at: number | undefined): void => {
          clearTimeout(timer);
          waiting.delete(interaction);
          resolve(at === undefined ? undefined : at - from);
        };
        const timer = setTimeout(() => end(undefined), giveUpMs);
        waiting.set(interaction, end);
      }),
  };
}

interface Subject {
  readonly url: string;
  stop(): Promise<void>;
}

async function startParley(way: Way, discord: DiscordEmulator, model: OpenAiEmulator): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-deferral-'));
  const config = join(folder, 'parley.yaml');
  writeFileSync(config, JSON.stringify({ discord: { gateway: way === 'gateway' } }));
  const port = await freePort();
  const env = {
    ...{ PATH: process.env['PATH'] ?? '', PORT: String(port), PARLEY_DATA: folder, PARLEY_CONFIG: config, LOG_LEVEL: 'error' },
    ...{ DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl, DISCORD_PUBLIC_KEY: discord.publicKey },
    ...{ OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: model.baseUrl, OPENAI_MODEL: 'gpt-5.4-mini' },
  };
  const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
  const child: ChildProcess = fork(main, ['start'], { env, cwd: folder, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.once('exit', (code) => {
    if (code !== null) throw new Error(`Parley ended with exit code ${code}.`);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // of a TCP server
  server.close();
  await once(server, 'close');
  return port;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 3_000) throw new Error(`Waited in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function report(way: Way, { atOnce, steady, calls }: Outcome): void {
  const line = (name: string, all: readonly (number | undefined)[]): string => {
    const times = all.filter((time) => time !== undefined).toSorted((a, b) => a - b);
    const at = (percent: number): string =>
      (times[Math.min(times.length - 1, Math.floor((times.length * percent) / 100))] ?? Number.NaN).toFixed(0).padStart(6);
    const missed = all.length - times.length;
    return `  ${name.padEnd(24)} p50 ${at(50)} ms   p99 ${at(99)} ms   max ${at(100)} ms   not deferred: ${missed} of ${all.length}\n`;
  };
  process.stdout.write(
    `${way === 'gateway' ? 'over the gateway' : 'over HTTP'}, ${calls.begun} model calls begun and ${calls.over} over by the end\n`,
  );
  process.stdout.write(line(`${burst} at once`, atOnce) + line(`${rate}/s for ${seconds} s`, steady));
}
