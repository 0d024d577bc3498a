import type { Clock } from '../../src/clock.ts';
import { checkConversation, type Conversation, type Finding } from './checker.ts';
import type { PlatformDriver } from './driver.ts';
import { openLedger, type LedgerView } from './ledger.ts';
import type { RunningProcess } from './processes.ts';

export interface RestOptions {
  readonly driver: PlatformDriver;
  readonly clock: Clock;
  readonly ledgerFile: string;
}

/** What is wrong once everything should have come to rest. */
export interface RestReport {
  readonly problem: string;
  readonly findings: readonly { readonly finding: Finding; readonly conversation: Conversation; readonly rows: string }[];
}

/** A turn that was killed again and again and then failed is postponed by up to 30 s. */
const longestMs = 45_000;
const lookEveryMs = 20;

/** Lets the process end its work, and looks at what people see then. Undefined when all is well. */
export async function comeToRest(
  { driver, clock, ledgerFile }: RestOptions,
  process: RunningProcess,
  conversations: readonly Conversation[],
): Promise<RestReport | undefined> {
  const ledger = openLedger(ledgerFile);
  try {
    const problem = await waitForRest({ driver, clock, process, ledger, conversations });
    const findings = conversations.flatMap((conversation) =>
      checkConversation(conversation).map((finding) => ({ finding, conversation })),
    );
    const { problems } = ledger.pressProblems(driver.presses?.() ?? []);
    if (problem === undefined && findings.length === 0 && problems.length === 0) {
      driver.rested?.();
      return undefined;
    }
    return {
      problem: problem ?? `at rest: ${[...new Set(findings.map(({ finding }) => finding.kind)), ...problems].join(', ')}`,
      findings: findings.map((found) => ({ ...found, rows: ledger.rowsAbout(found.finding.marker) })),
    };
  } finally {
    ledger.close();
  }
}

interface Waiting extends Omit<RestOptions, 'ledgerFile'> {
  readonly process: RunningProcess;
  readonly ledger: LedgerView;
  readonly conversations: readonly Conversation[];
}

async function waitForRest({ driver, clock, process, ledger, conversations }: Waiting): Promise<string | undefined> {
  let ended: string | undefined;
  void process.exit.then(({ code, signal }) => {
    ended = `the process ended by itself (code ${code}, signal ${signal})`;
  });
  const until = clock.monotonic() + longestMs;
  for (;;) {
    const { waiting, undelivered, deadLetters } = ledger.state();
    if (deadLetters > 0) return `${deadLetters} dead letters`;
    const pending = driver.undelivered() + ledger.pressProblems(driver.presses?.() ?? []).pending;
    // What the platform has not delivered yet shows in no count of a gateway, but in what is not answered.
    const isLost = (conversation: Conversation): boolean => checkConversation(conversation).some(({ kind }) => kind === 'lost');
    if (waiting + undelivered + pending === 0 && !conversations.some(isLost)) return undefined;
    if (ended !== undefined) return ended;
    if (clock.monotonic() > until) {
      return `it does not come to rest: ${pending} events not delivered, ${waiting} waiting, ${undelivered} parts of answers not sent`;
    }
    await clock.sleep(lookEveryMs);
  }
}
