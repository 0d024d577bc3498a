import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createDiscordEmulator, type DiscordEmulator } from '../adapters/discord/emulator.ts';
import { systemClock } from '../src/clock.ts';
import { startFakes, type Fakes } from './fakes.ts';
import { freePort } from './free-port.ts';

/**
 * npm run bench:deferral [-- --burst 200 --rate 50 --seconds 10]
 *
 * How long people who use a command on Discord wait until it is acknowledged: a burst of commands at once, then a steady stream of them, while
 * every answer takes the model a second. Discord gives up after three. Over the gateway, then as signed requests. The emulator and the load share a process, Parley has its own.
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

const fakes = await startFakes();
fakes.latencyMs = 1_000;
try {
  for (const way of ['gateway', 'requests'] as const) await measure(way, fakes);
} finally {
  await fakes.close();
}

async function measure(way: 'gateway' | 'requests', { openaiUrl }: Fakes): Promise<void> {
  const discord = createDiscordEmulator({ clock: systemClock });
  await discord.listen();
  const parley = await startParley(discord, openaiUrl);
  if (way === 'requests') discord.setEndpoint(`${parley.url}/discord/interactions`);
  try {
    await use(discord, { count: 20, everyMs: 20 }); // warm
    report(`${way}: ${burst} at once`, await use(discord, { count: burst, everyMs: 0 }));
    report(`${way}: ${rate} a second`, await use(discord, { count: rate * seconds, everyMs: 1_000 / rate }));
  } finally {
    await parley.stop();
    await discord.close();
  }
}

interface Waits {
  readonly waits: readonly number[];
  readonly late: number;
}

/** How long each command waited for its acknowledgement, in ms. */
async function use(discord: DiscordEmulator, { count, everyMs }: { count: number; everyMs: number }): Promise<Waits> {
  const waits: number[] = [];
  const begun: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    if (everyMs > 0) await sleep(everyMs);
    const from = performance.now();
    const interaction = discord.command({ name: 'ask', options: { question: `qx${index}xq` }, user: `Person ${index % 50}` });
    begun.push(
      (async () => {
        while (interaction.responseType === undefined && performance.now() - from < 3_500) await sleep(1);
        waits.push(performance.now() - from);
      })(),
    );
  }
  await Promise.all(begun);
  await sleep(3_000); // answers
  return { waits, late: waits.filter((wait) => wait >= 3_000).length };
}

function report(what: string, { waits, late }: Waits): void {
  const sorted = waits.toSorted((one, other) => one - other);
  const at = (share: number): string =>
    `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)} ms`;
  console.log(
    `${what.padEnd(26)} p50 ${at(0.5).padStart(8)}  p99 ${at(0.99).padStart(8)}  longest ${at(1).padStart(8)}  too late ${late}`,
  );
}

async function startParley(discord: DiscordEmulator, openaiUrl: string) {
  const data = mkdtempSync(join(tmpdir(), 'parley-deferral-'));
  const port = await freePort();
  const env = {
    PATH: process.env['PATH'] ?? '',
    ...{ PORT: String(port), PARLEY_DATA: data, LOG_LEVEL: 'warn' },
    ...{ DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl, DISCORD_PUBLIC_KEY: discord.publicKey },
    ...{ OPENAI_BASE_URL: openaiUrl, OPENAI_MODEL: 'bench' },
  };
  const script = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
  const child = fork(script, ['start'], { cwd: data, env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  while (discord.connected() === 0 || discord.commands().length === 0) {
    if (child.exitCode !== null) throw new Error(`Parley ended with exit code ${child.exitCode}.`);
    await sleep(20);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      rmSync(data, { recursive: true, force: true });
    },
  };
}
