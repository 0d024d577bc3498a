import { systemClock } from '../../clock.ts';
import { UsageError } from '../../errors.ts';
import type { LoggedDelivery, RefusalCount } from '../../store/webhook-store.ts';
import type { WebhookDelivery } from '../../webhook-delivery.ts';
import { exitCodes, type Cli } from '../command.ts';
import { withLedger } from '../ledger.ts';
import { toPrintable, toPrintableJson, toPrintableLine } from '../printable.ts';

interface ListOptions {
  readonly source?: string;
  readonly limit: string;
  readonly json?: boolean;
}

const dayMs = 86_400_000;

export async function listDeliveries({ source, limit, json }: ListOptions, cli: Cli): Promise<void> {
  const count = parseCount('--limit', limit);
  const found = await withLedger(cli, async (store) => ({
    deliveries: await store.listWebhookDeliveries({ source, limit: count }),
    refusals: await store.countRefusals({ source, since: systemClock.now() - dayMs }),
  }));
  const { deliveries = [], refusals = [] } = found ?? {};
  if (json) cli.stdout.write(toPrintableJson({ deliveries, refusals }));
  else cli.stdout.write(deliveries.length > 0 ? deliveries.map(toLine).join('') : 'No webhooks in the log.\n');
  if (!json && refusals.length > 0) cli.stdout.write(`\nRefused today and yesterday:\n${refusals.map(toCountLine).join('')}`);
}

export async function showDelivery(id: string, { json }: { readonly json?: boolean }, cli: Cli): Promise<void> {
  const delivery = await withLedger(cli, (store) => store.getWebhookDelivery(id));
  if (delivery) cli.stdout.write(json ? toPrintableJson(delivery) : toText(delivery));
  else refuseUnknown(id, cli);
}

export function refuseUnknown(id: string, cli: Cli): void {
  cli.stderr.write(`${toPrintableLine(id)}: the log has no such request. What it has is listed by: parley webhook deliveries\n`);
  cli.exitCode = exitCodes.failed;
}

export function parseCount(option: string, text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new UsageError(`${option}: "${text}" is not a whole number above 0. Example: ${option} 50`);
}

export function toLine({ id, at, source, status, verdict, reason, address, durationMs, eventId }: LoggedDelivery): string {
  const facts = [
    id.padEnd(14),
    toTime(at),
    source.padEnd(12),
    String(status),
    verdict.padEnd(9),
    address.padEnd(15),
    `${durationMs} ms`,
  ];
  return `${toPrintableLine([...facts, reason ?? eventId ?? ''].join('  ').trimEnd())}\n`;
}

function toCountLine({ source, reason, count, lastAt }: RefusalCount): string {
  return `${toPrintableLine(`  ${source.padEnd(12)}  ${reason.padEnd(22)}  ${String(count).padStart(8)}  last ${toTime(lastAt)}`)}\n`;
}

function toTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

function toText(delivery: WebhookDelivery): string {
  const { id, source, at, status, verdict, reason, genuine, key, eventId, conversationId, address, bytes, durationMs } = delivery;
  const facts: [string, string | number | undefined][] = [
    ['source', source],
    ['at', new Date(at).toISOString()],
    ['from', address],
    ['status', status],
    ['verdict', reason === undefined ? verdict : `${verdict}: ${reason}`],
    ['genuine', genuine ? 'yes' : 'no'],
    ['proved by', key],
    ['event', eventId],
    ['conversation', conversationId],
    ['bytes', bytes],
    ['took', `${durationMs} ms`],
  ];
  const lines = facts.filter(([, value]) => value !== undefined).map(([name, value]) => `${name.padEnd(13)} ${value}`);
  const headers = Object.entries(delivery.headers).map(([name, value]) => `  ${name}: ${value}`);
  const body = delivery.body === undefined ? 'body          not kept' : `body\n  ${delivery.body.replaceAll('\n', '\n  ')}`;
  return toPrintable([id, ...lines, 'headers', ...headers, body, ''].join('\n'));
}
