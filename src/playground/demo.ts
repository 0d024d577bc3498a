import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withTimeout, type Clock } from '../clock.ts';
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
  readonly clock: Clock;
  /** How long one answer may take. */
  readonly timeoutMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

export interface DemoResult {
  readonly questions: number;
  readonly answers: number;
}

/** Asked on each platform; the second question of each cannot be understood without the first. */
const scripts = {
  slack: ['How do I connect Slack?', 'Which scopes does it need?'],
  discord: ['How do I connect Discord?', 'Does it need a special intent?'],
  desk: ['How are webhooks verified?', 'And what happens when one is delivered twice?'],
} as const;

/**
 * One conversation on each platform: the real app with the real SDKs, on emulators of the platforms in the same process, on loopback.
 * Uses nothing of the environment or of the working directory, and leaves nothing behind. Rejects with the signal's reason when it is aborted.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { clock } = options;
  const folder = mkdtempSync(join(tmpdir(), 'parley-demo-'));
  const panes = { slack: createSlackPane(clock), discord: createDiscordPane(clock), desk: createDeskPane(clock) };
  try {
    await Promise.all(Object.values(panes).map((pane) => pane.listen()));
    return await playOn(panes, { ...options, folder });
  } finally {
    await Promise.all(Object.values(panes).map((pane) => pane.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Panes {
  readonly slack: Pane;
  readonly discord: Pane;
  readonly desk: ReturnType<typeof createDeskPane>;
}

async function playOn(
  { slack, discord, desk }: Panes,
  { folder, ...options }: DemoOptions & { folder: string },
): Promise<DemoResult> {
  const { write, log } = options;
  writeFileSync(join(folder, 'parley.yaml'), desk.yaml());
  const env = { ...slack.env(), ...discord.env(), ...desk.env(), PORT: '0', PARLEY_DATA: join(folder, 'data') };
  const { config } = await loadConfig({ env, cwd: folder });
  const parley = await startParley({ config, log, http: true, onFatal: (error) => log.error(error.message) });
  try {
    for (const pane of [slack, discord, desk]) pane.connect(parley.url ?? '');
    write(`Parley runs on ${parley.url} with the model "${parley.model}".\n`);
    const questions = Object.values(scripts).flat().length;
    const answers = await play(slack, scripts.slack, options);
    const more = await play(discord, scripts.discord, options);
    return { questions, answers: answers + more + (await play(desk, scripts.desk, options)) };
  } finally {
    await parley.stop();
  }
}

/** Returns how many were answered. A question that was not ends the conversation: the next one would rest on it. */
async function play(pane: Pane, questions: readonly string[], options: DemoOptions): Promise<number> {
  const { write, timeoutMs } = options;
  write(`\n── ${pane.title} ${'─'.repeat(Math.max(0, 70 - pane.title.length))}\n`);
  for (const [index, question] of questions.entries()) {
    write(`\n${pane.person}:  ${question}\n`);
    const answer = await orTooLate(pane.ask(question), options);
    if (answer === undefined) {
      write(`(no answer within ${timeoutMs / 1_000} s)\n`);
      return index;
    }
    write(`Parley:\n${indent(answer)}\n`);
  }
  return questions.length;
}

/** Undefined when the time is over; rejects with the signal's reason when it is aborted. */
async function orTooLate<Result>(
  work: Promise<Result>,
  { clock, timeoutMs, signal: parent }: DemoOptions,
): Promise<Result | undefined> {
  const { signal, clear } = withTimeout(clock, timeoutMs, parent);
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  if (signal.aborted) resolve(undefined);
  const result = await Promise.race([work, ended]).finally(clear);
  parent.throwIfAborted();
  return result;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
