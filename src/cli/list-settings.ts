import type { PlaceChange, PlaceSettings } from '../place-settings.ts';
import { exitCodes, type Cli } from './command.ts';
import { withLedger } from './ledger.ts';
import { toPrintableJson, toPrintableLine } from './printable.ts';

export interface SettingsOptions {
  readonly json?: boolean;
}

/** Shows what admins have set for the places of a platform, who did, and when: every change, newest first. */
export async function listSettings(
  { json }: SettingsOptions,
  { adapter, cli }: { readonly adapter: string; readonly cli: Cli },
): Promise<void> {
  const changes = await withLedger(cli, (store) => store.listPlaces({ adapter, all: true }));
  if (!changes) {
    cli.exitCode = exitCodes.failed;
    return;
  }
  if (json) cli.stdout.write(toPrintableJson(changes));
  else
    cli.stdout.write(
      changes.length > 0 ? changes.map((change, index) => toText(change, changes.slice(index + 1))).join('') : none,
    );
}

const none = 'No admin has changed any settings.\n';

function toText({ tenant, place, author, at, settings }: PlaceChange, older: readonly PlaceChange[]): string {
  const before = older.find((each) => each.tenant === tenant && each.place === place);
  const when = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  const who = author.name === author.id ? author.id : `${author.name} (${author.id})`;
  const lines = differences(fieldsOf(before?.settings), fieldsOf(settings));
  return [`${when}  ${tenant} ${place}  ${toPrintableLine(who)}`, ...lines].map((line) => `${line}\n`).join('');
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(settings: PlaceSettings | undefined): Fields {
  if (!settings) return {};
  const { profile, rules } = settings;
  return { ...(isRecord(rules) ? rules : {}), ...profile };
}

function differences(before: Fields, after: Fields): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => `  ${toPrintableLine(name)}: ${show(before[name])} -> ${show(after[name])}`);
}

function show(value: unknown): string {
  return value === undefined ? 'as configured' : toPrintableLine(JSON.stringify(value));
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
