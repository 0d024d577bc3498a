import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { toDecisionText, toMinuteText } from '../approval-verdicts.ts';
import { systemClock } from '../clock.ts';
import { toDigest, toVisibleJson } from '../conversation/approval-request.ts';
import { UsageError } from '../errors.ts';
import { createErrorId } from '../ids.ts';
import { parseJson } from '../json.ts';
import type { Action, Json } from '../message.ts';
import type { Approval } from '../store/approval-store.ts';
import type { Store } from '../store/store.ts';
import { exitCodes, type Cli } from './command.ts';
import { withLedger } from './ledger.ts';
import { toPrintableJson, toPrintableLine } from './printable.ts';

export function registerApprovals(command: Command, cli: Cli): void {
  command
    .command('approvals')
    .description("Lists calls that wait for a person's approval, or shows one in full.")
    .argument('[id]', 'its id, or the first characters of it')
    .option('--all', 'also what has been decided')
    .option('--limit <number>', 'how many at most', '50')
    .option('--json', 'as JSON')
    .action((id: string | undefined, options: Options) => (id === undefined ? list(options, cli) : show(id, options, cli)));
  command
    .command('approve')
    .description('Lets a call be made, once, with the arguments that are shown.')
    .argument('<id>', 'its id, or the first characters of it')
    .action((id: string) => decide(id, { name: 'approve' }, cli));
  command
    .command('decline')
    .description('Lets a call not be made.')
    .argument('<id>', 'its id, or the first characters of it')
    .option('--reason <text>', 'why; the model is told, and may tell people')
    .action((id: string, { reason }: { reason?: string }) => decide(id, { name: 'decline', reason }, cli));
}

interface Options {
  readonly all?: boolean;
  readonly limit: string;
  readonly json?: boolean;
}

const maxLookedAt = 10_000;
const maxReason = 500;

async function list({ all = false, limit, json }: Options, cli: Cli): Promise<void> {
  const count = Number(limit);
  if (!/^\d+$/.test(limit) || count < 1 || !Number.isSafeInteger(count))
    throw new UsageError(`--limit: "${limit}" is not a whole number above 0. Example: --limit 50`);
  const approvals = (await withLedger(cli, (store) => store.listApprovals({ pending: !all, limit: count }))) ?? [];
  if (json) cli.stdout.write(toPrintableJson(approvals));
  else cli.stdout.write(approvals.length > 0 ? approvals.map(toLine).join('') : 'Nothing waits for approval.\n');
}

async function show(id: string, { json }: Options, cli: Cli): Promise<void> {
  const approval = await withLedger(cli, (store) => find(store, id));
  if (approval) cli.stdout.write(json ? toPrintableJson(approval) : toText(approval));
  else refuse(unknown(id), cli);
}

interface Wish {
  readonly name: 'approve' | 'decline';
  readonly reason?: string | undefined;
}

/** Who has the command line has the ledger, and is nobody whom a setting would have to name. */
async function decide(id: string, wish: Wish, cli: Cli): Promise<void> {
  if ((wish.reason?.length ?? 0) > maxReason) throw new UsageError(`--reason: is longer than ${maxReason} characters.`);
  const why = await withLedger(cli, async (store) => {
    const approval = await find(store, id);
    if (!approval) return unknown(id);
    const [result] = await store.accept({ adapter: approval.adapter, events: [toAction(approval, wish)] });
    if (result?.status === 'accepted') return '';
    const now = await store.findApproval(approval.id);
    return `${approval.id}: ${result?.reason ?? 'was not taken'}${now?.decision ? ` (${toState(now)})` : ''}`;
  });
  if (why === '') cli.stdout.write(`${toPrintableLine(id)} ${wish.name}d\n`);
  else refuse(why ?? unknown(id), cli);
}

function toAction(approval: Approval, { name, reason }: Wish): Action {
  const { id, adapter, tenant, conversationId, destination } = approval;
  return {
    type: 'action',
    ...{ adapter, tenant, conversationId, destination, name, value: id },
    eventId: `approval.${id}.${createErrorId()}`,
    sentAt: systemClock.now(),
    author: { id: 'operator', name: `operator ${userInfo().username}`, isBot: false },
    authority: 'any',
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Where several ids begin so, none is meant. */
async function find(store: Store, id: string): Promise<Approval | undefined> {
  const exact = await store.findApproval(id);
  if (exact || id === '') return exact;
  const all = await store.listApprovals({ pending: false, limit: maxLookedAt });
  const found = all.filter((each) => each.id.startsWith(id));
  return found.length === 1 ? found[0] : undefined;
}

function unknown(id: string): string {
  return `${toPrintableLine(id)}: no request for approval has this id, or more than one id begins so. All are listed by: parley tools approvals --all`;
}

function refuse(why: string, cli: Cli): void {
  cli.stderr.write(`${why}\n`);
  cli.exitCode = exitCodes.failed;
}

function toLine(approval: Approval): string {
  const { id, tool, title, expiresAt, conversationId, asker } = approval;
  const state = approval.state === 'pending' ? `until ${toMinuteText(expiresAt)}` : toState(approval);
  return `${id}  ${toPrintableLine(tool)} (${toPrintableLine(title)})  for ${toPrintableLine(asker.name)} in ${toPrintableLine(conversationId)}  ${state}\n`;
}

function toState({ state, decision, expiresAt }: Approval): string {
  if (!decision) return `waits until ${toMinuteText(expiresAt)}`;
  return `${toDecisionText(state, decision.by.name)}, ${toMinuteText(decision.at)}`;
}

function toText(approval: Approval): string {
  const { id, tool, title, asker, conversationId, untrusted, decision } = approval;
  const given = parseJson(approval.arguments);
  const entries = Object.entries((given ?? {}) as Readonly<Record<string, Json>>); // what a tool takes is an object
  return [
    `${id}\n`,
    `tool          ${toPrintableLine(tool)} (${toPrintableLine(title)})\n`,
    `for           ${toPrintableLine(asker.name)} (${toPrintableLine(asker.id)})\n`,
    `conversation  ${toPrintableLine(conversationId)}\n`,
    untrusted ? 'careful       what strangers wrote was in the context when the model asked for this\n' : '',
    `state         ${toState(approval)}\n`,
    decision?.reason === undefined ? '' : `reason        ${toPrintableLine(decision.reason)}\n`,
    entries.length === 0 ? 'no arguments\n' : 'arguments\n',
    ...entries.map(([key, value]) => toArgument(key, toVisibleJson(value))),
  ].join('');
}

function toArgument(key: string, shown: string): string {
  return `  ${toPrintableLine(toVisibleJson(key))}: ${toPrintableLine(shown)}\n    (${shown.length} characters, SHA-256 ${toDigest(shown)})\n`;
}
