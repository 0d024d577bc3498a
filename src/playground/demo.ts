import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../clock.ts';
import { loadConfig } from '../config.ts';
import type { Log } from '../log.ts';
import { startParley } from '../main.ts';
import { createDeskPane } from './desk-pane.ts';
import { createDiscordPane } from './discord-pane.ts';
import type { Pane } from './pane.ts';
import { createSlackPane } from './slack-pane.ts';

export interface DemoOptions {
  readonly write: (text: string) => void;
  readonly log: Log;
  /** How long one answer may take. */
  readonly timeoutMs: number;
}

/** Asked on each platform; the second question of each cannot be understood without the first. */
const scripts = {
  slack: ['How do I connect Slack?', 'Which scopes does it need?'],
  discord: ['How do I connect Discord?', 'Does it need a special intent?'],
  desk: ['How are webhooks verified?', 'And what happens when one is delivered twice?'],
} as const;

/**
 * One conversation on each platform: the real app with the real SDKs, on emulators of the platforms in the same process, on loopback.
 * Resolves with the number of questions that were answered; rejects when an answer does not come.
 */
export async function runDemo({ write, log, timeoutMs }: DemoOptions): Promise<number> {
  const clock: Clock = systemClock;
  const folder = mkdtempSync(join(tmpdir(), 'parley-demo-'));
  const [slack, discord, desk] = [createSlackPane(clock), createDiscordPane(clock), createDeskPane(clock)];
  const panes: readonly Pane[] = [slack, discord, desk];
  let answered = 0;
  try {
    await Promise.all(panes.map((pane) => pane.listen()));
    writeFileSync(join(folder, 'parley.yaml'), desk.yaml());
    const env = { ...slack.env(), ...discord.env(), ...desk.env(), PORT: '0', PARLEY_DATA: join(folder, 'data'), LOG_LEVEL: 'warn' };
    const { config } = await loadConfig({ env, cwd: folder });
    const parley = await startParley({ config, log, http: true, onFatal: (error) => log.error(error.message) });
    try {
      for (const pane of panes) pane.connect(parley.url ?? '');
      write(`Parley runs on ${parley.url} with the model "${parley.model}".\n`);
      answered += await play(slack, scripts.slack, { write, timeoutMs, clock });
      answered += await play(discord, scripts.discord, { write, timeoutMs, clock });
      answered += await play(desk, scripts.desk, { write, timeoutMs, clock });
    } finally {
      await parley.stop();
    }
  } finally {
    await Promise.all(panes.map((pane) => pane.close()));
    rmSync(folder, { recursive: true, force: true });
  }
  return answered;
}

interface Playing {
  readonly write: (text: string) => void;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

async function play(pane: Pane, questions: readonly string[], { write, timeoutMs, clock }: Playing): Promise<number> {
  write(`\n── ${pane.title} ${'─'.repeat(Math.max(0, 70 - pane.title.length))}\n`);
  for (const question of questions) {
    const answer = await within(pane.ask(question), { clock, timeoutMs, what: `${pane.title}: no answer to "${question}"` });
    write(`\n${pane.person}:  ${question}\nParley:\n${indent(answer)}\n`);
  }
  return questions.length;
}

interface Limit {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly what: string;
}

async function within<Result>(work: Promise<Result>, { clock, timeoutMs, what }: Limit): Promise<Result> {
  const done = new AbortController();
  const late = clock.sleep(timeoutMs, done.signal).then(() => {
    throw new Error(`${what} within ${timeoutMs / 1_000} s.`);
  });
  // When the work is done first, the timer is called off, which rejects it: that is nobody's concern.
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
  }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
