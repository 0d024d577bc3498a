import type { Conversation, Finding } from './checker.ts';
import type { PlatformName } from './points.ts';

export interface FailureFacts {
  readonly platform: PlatformName;
  readonly seed: number;
  /** How many kills there had been. */
  readonly kills: number;
  /** The last kills, oldest first. */
  readonly history: readonly string[];
  readonly problem: string;
  readonly findings: readonly { readonly finding: Finding; readonly conversation: Conversation; readonly rows: string }[];
  /** The end of the log of the last processes, oldest first. */
  readonly logs: readonly string[];
  readonly folder: string;
}

/** A promise was broken; the message holds all that helps to find out how. */
export class KillFailure extends Error {
  constructor(facts: FailureFacts) {
    super(describe(facts));
    this.name = 'KillFailure';
  }
}

function describe({ platform, seed, kills, history, problem, findings, logs, folder }: FailureFacts): string {
  // Long output loses its beginning: what matters most comes last.
  return [
    `${platform}: a promise was broken; what it was stands at the end`,
    ...logs.map((log, index) => `--- log of the process ${logs.length - 1 - index} before the last\n${log}`),
    '--- what people see',
    ...byConversation(findings).slice(0, 2).map(describeConversation),
    `the ledger and all logs are kept in ${folder}`,
    `the last kills: ${history.slice(-6).join(' | ')}`,
    ...findings.slice(0, 20).map(describeFinding),
    `${platform}: ${problem} (seed ${seed}, after ${kills} kills)`,
  ].join('\n');
}

type Findings = FailureFacts['findings'];

function byConversation(findings: Findings): Findings[] {
  return [...Map.groupBy(findings, ({ conversation }) => conversation).values()];
}

function describeConversation([first]: Findings): string {
  if (!first) return '';
  const { talk, questions } = first.conversation;
  const asked = questions.map(({ marker, asked: { isAcknowledged } }) =>
    isAcknowledged() ? `${marker} (acknowledged)` : marker,
  );
  return [
    `  in ${talk.name} was asked: ${asked.join(', ')}`,
    '  people see:',
    ...talk.visible().map(({ id, text, isGrowing }) => `    ${id}${isGrowing ? ' (growing)' : ''}: ${shorten(text)}`),
    first.rows.replaceAll(/^/gm, '  '),
  ].join('\n');
}

function describeFinding({ finding: { kind, marker, detail }, conversation: { talk } }: Findings[number]): string {
  return `${kind}: ${marker} in ${talk.name}: ${detail}`;
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(/(lorem)+/g, '~');
  return line.length > 160 ? `${line.slice(0, 100)} ... ${line.slice(-50)}` : line;
}
