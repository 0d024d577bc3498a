import type { z } from 'zod';
import { redact } from '../log.ts';
import type { Conflict } from './conflict.ts';
import { settings, type SettingInfo } from './setting.ts';
import { suggest } from './suggest.ts';
import { isRecord, keysOf, listSettings, schemaAt } from './walk.ts';

/** What is needed to say where a value stands and came from. */
export interface ProblemContext {
  readonly schema: z.ZodType;
  readonly input: unknown;
  /** Name of the configuration file, and the line of each key in it. */
  readonly fileName: string;
  readonly lines: ReadonlyMap<string, number>;
  /** The variable that each key was set by. */
  readonly variables: ReadonlyMap<string, string>;
  /** Values that must not be repeated. */
  readonly secrets: readonly string[];
}

type Issue = z.core.$ZodIssue;

/** One sentence per mistake: the key, where it was set, what is wrong, and an example that is right. */
export function describeIssue(issue: Issue, context: ProblemContext): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => describeUnknownKey([...issue.path, key], context));
  return [describeProblem(toKeyPath(issue.path), sayWhatIsWrong(issue, context), context)];
}

/** The sentence for a mistake that only shows when several settings are looked at together. */
export function describeConflict({ path, what, example }: Conflict, context: ProblemContext): string {
  if (example === undefined) return describeProblem(path, what, context);
  return `${sayWhere(path, infoAt(path, context), context)}: ${what}. Example: ${example}`;
}

function describeProblem(path: readonly string[], what: string, context: ProblemContext): string {
  const info = infoAt(path, context);
  return `${sayWhere(path, info, context)}: ${what}.${sayExample(path, info, context)}`;
}

/** Items of a list are told of under the list's key. */
function toKeyPath(path: readonly PropertyKey[]): string[] {
  const key = path.map(String);
  return /^\d+$/.test(key.at(-1) ?? '') ? key.slice(0, -1) : key;
}

function describeUnknownKey(issuePath: readonly PropertyKey[], context: ProblemContext): string {
  const path = issuePath.map(String);
  const parent = path.slice(0, -1);
  const key = path.at(-1) ?? '';
  const parentSchema = schemaAt(context.schema, parent, context.input);
  const siblings = (parentSchema && keysOf(parentSchema, valueAt(parent, context.input))) ?? [];
  const near = suggest(key, siblings);
  const meant = (parent.length === 0 && findElsewhere(key, context)) || (near && [...parent, near].join('.'));
  const known = siblings.length > 0 ? ` Known here: ${siblings.join(', ')}.` : '';
  return `${sayWhere(path, undefined, context)}: there is no such setting.${meant ? ` Did you mean ${meant}?` : known}`;
}

/** A setting of just that name in a section. */
function findElsewhere(key: string, context: ProblemContext): string | undefined {
  const found = listSettings(context.schema).find(({ path }) => path.at(-1) === key && !path.includes('NAME'));
  return found?.path.join('.');
}

function sayWhere(path: readonly string[], info: SettingInfo | undefined, context: ProblemContext): string {
  const key = path.join('.') || context.fileName;
  const line = context.variables.has(key) ? undefined : context.lines.get(key);
  const notes = [context.variables.get(key) ?? info?.env, line === undefined ? undefined : `${context.fileName} line ${line}`];
  const note = notes.filter((text) => text !== undefined).join('; ');
  return note ? `${key} (${note})` : key;
}

function sayExample(path: readonly string[], info: SettingInfo | undefined, context: ProblemContext): string {
  if (info?.example === undefined) return '';
  const inFile = context.lines.has(path.join('.')) && !context.variables.has(path.join('.'));
  return info.env && !inFile ? ` Example: ${info.env}=${info.example}` : ` Example: ${path.join('.')}: ${info.example}`;
}

function sayWhatIsWrong(issue: Issue, context: ProblemContext): string {
  const value = valueAt(issue.path, context.input);
  if (issue.code === 'custom') return issue.message;
  if (value === undefined) return 'is missing';
  const shown = infoAt(issue.path.map(String), context)?.secret ? '' : `, not ${show(value, context)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? issue.expected}${shown}`;
    case 'invalid_value':
      return sayChoices(issue.values.map(String), value, shown);
    case 'too_small':
      return `must be ${issue.inclusive ? 'at least' : 'more than'} ${sayLimit(issue.minimum, issue.origin)}${shown}`;
    case 'too_big':
      return `must be at most ${sayLimit(issue.maximum, issue.origin)}${shown}`;
    case 'invalid_union':
      return 'options' in issue && issue.options
        ? sayChoices(issue.options.map(String), value, shown)
        : `${issue.message}${shown}`;
    case 'invalid_key':
      return `the name ${issue.issues[0]?.message ?? 'is not allowed'}`;
    default:
      return `${issue.message}${shown}`;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with settings of its own',
  record: 'a section with settings of its own',
};

function sayChoices(choices: readonly string[], value: unknown, shown: string): string {
  const near = typeof value === 'string' ? suggest(value, choices) : undefined;
  return `must be one of ${choices.join(', ')}${shown}${near ? ` (did you mean ${near}?)` : ''}`;
}

function sayLimit(limit: number | bigint, origin: string): string {
  if (origin === 'string') return `${limit} characters long`;
  return origin === 'array' ? `${limit} items long` : String(limit);
}

/** The value, short and without anything that must stay secret: a token may have ended up under the wrong key. */
function show(value: unknown, context: ProblemContext): string {
  if (isRecord(value)) return 'a section';
  const text = JSON.stringify(value) ?? String(value);
  const clean = redact(text, context.secrets);
  return clean.length > 60 ? `${clean.slice(0, 57)}...` : clean;
}

function infoAt(path: readonly string[], context: ProblemContext): SettingInfo | undefined {
  const schema = schemaAt(context.schema, path, context.input);
  return schema && settings.get(schema);
}

function valueAt(path: readonly PropertyKey[], input: unknown): unknown {
  let value = input;
  for (const key of path) value = isRecord(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined;
  return value;
}
