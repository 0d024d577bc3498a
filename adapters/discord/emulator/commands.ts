import { invalidField, ok, refusal } from './reply.ts';
import type { Reply } from './reply.ts';

/** A registered command, as Discord gives it back. */
export interface EmulatedCommand {
  readonly id: string;
  /** 1 typed, 2 on a user, 3 on a message. */
  readonly type: number;
  readonly name: string;
  readonly guildId?: string | undefined;
  readonly definition: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

const limits: Readonly<Record<number, number | undefined>> = { 1: 100, 2: 15, 3: 15 };
const maxCharacters = 8000;
const createsPerDay = 200;
const dayMs = 86_400_000;

/** The commands of the application: global ones, and those of single guilds. A command with the name and type of another replaces it. */
export class Commands {
  readonly all: EmulatedCommand[] = [];
  readonly #created: { readonly scope: string | undefined; readonly at: number }[] = [];
  readonly #nextId: () => string;
  readonly #now: () => number;

  constructor(options: { readonly nextId: () => string; readonly now: () => number }) {
    this.#nextId = options.nextId;
    this.#now = options.now;
  }

  list(guildId?: string): Reply {
    return ok(this.all.filter((command) => command.guildId === guildId).map(toPayload));
  }

  create(definition: Fields, guildId?: string): Reply {
    const { type = 1, name } = definition;
    const wrong = checkDefinition(definition);
    if (wrong || typeof type !== 'number' || typeof name !== 'string') return wrong ?? refusal(50035);
    const known = this.all.findIndex((command) => command.type === type && command.name === name && command.guildId === guildId);
    if (known >= 0) {
      const replaced = { ...(this.all[known] as EmulatedCommand), definition }; // it was found
      this.all[known] = replaced;
      return ok(toPayload(replaced));
    }
    if (this.all.filter((command) => command.type === type && command.guildId === guildId).length >= (limits[type] ?? 0)) {
      return refusal(30032);
    }
    const now = this.#now();
    if (this.#created.filter(({ scope, at }) => scope === guildId && now - at < dayMs).length >= createsPerDay)
      return refusal(30034);
    this.#created.push({ scope: guildId, at: now });
    const command = { id: this.#nextId(), type, name, guildId, definition };
    this.all.push(command);
    return { ...ok(toPayload(command)), status: 201 };
  }

  /** All at once: what is not among them is deleted. */
  overwrite(definitions: readonly Fields[], guildId?: string): Reply {
    const replies = definitions.map((definition) => this.create(definition, guildId));
    const failed = replies.find(({ status }) => status >= 400);
    if (failed) return failed;
    const keep = new Set(definitions.map(({ type = 1, name }) => `${String(type)} ${String(name)}`));
    const gone = this.all.filter((command) => command.guildId === guildId && !keep.has(`${command.type} ${command.name}`));
    for (const command of gone) this.all.splice(this.all.indexOf(command), 1);
    return this.list(guildId);
  }

  remove(id: string, guildId?: string): Reply {
    const at = this.all.findIndex((command) => command.id === id && command.guildId === guildId);
    if (at < 0) return refusal(10063);
    this.all.splice(at, 1);
    return { status: 204 };
  }

  /** The command that a person in this place gets to see under the name. */
  find(name: string, guildId: string | undefined): EmulatedCommand | undefined {
    return this.all.find((command) => command.name === name && (command.guildId === undefined || command.guildId === guildId));
  }
}

function toPayload({ id, guildId, definition }: EmulatedCommand): object {
  return { id, version: id, ...definition, ...(guildId === undefined ? {} : { guild_id: guildId }) };
}

function checkDefinition(definition: Fields): Reply | undefined {
  const { type = 1, name, description = '' } = definition;
  if (type !== 1 && type !== 2 && type !== 3) return invalidField('type', 'BASE_TYPE_CHOICES', 'Value must be one of (1, 2, 3).');
  const pattern = type === 1 ? /^[-_'\p{Ll}\p{Lo}\p{N}]{1,32}$/u : /^[-_' \p{L}\p{N}]{1,32}$/u;
  if (typeof name !== 'string' || !pattern.test(name)) {
    return invalidField('name', 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid');
  }
  if (typeof description !== 'string' || description.length > 100 || (type === 1) !== description.length > 0) {
    return invalidField('description', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
  }
  const options = listOf(definition['options']);
  if (options.length > 25 || (type !== 1 && options.length > 0)) {
    return invalidField('options', 'BASE_TYPE_BAD_LENGTH', 'Must be between 0 and 25 in length.');
  }
  const optional = options.findIndex((option) => option['required'] !== true);
  if (optional >= 0 && options.slice(optional).some((option) => option['required'] === true)) {
    return invalidField(
      'options',
      'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
      'Required options must be placed before others',
    );
  }
  const { default_member_permissions: permissions } = definition;
  if (permissions !== undefined && permissions !== null && (typeof permissions !== 'string' || !/^\d{1,20}$/.test(permissions)))
    return invalidField('default_member_permissions', 'NUMBER_TYPE_COERCE', 'Value is not a set of permissions.');
  const wrong = checkOptions(options);
  if (wrong) return wrong;
  if (charactersOf(definition) > maxCharacters) {
    return invalidField('', 'APPLICATION_COMMAND_TOO_LARGE', `Command exceeds maximum size (${maxCharacters})`);
  }
  return undefined;
}

/** Kinds of options that hold options: subcommands and groups of them. */
const holders: ReadonlySet<unknown> = new Set([1, 2]);

/** See https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-structure. */
function checkOptions(options: readonly Fields[]): Reply | undefined {
  const nested = options.filter(({ type }) => holders.has(type));
  if (nested.length > 0 && nested.length < options.length)
    return invalidField(
      'options',
      'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
      'Sub-command and sub-command group option types are mutually exclusive to all other types',
    );
  for (const { type, name, description, choices, options: inner } of options) {
    if (typeof name !== 'string' || !/^[-_'\p{Ll}\p{Lo}\p{N}]{1,32}$/u.test(name))
      return invalidField('options', 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid');
    if (typeof description !== 'string' || description.length < 1 || description.length > 100)
      return invalidField('options', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
    if (!Number.isInteger(type)) return invalidField('options', 'BASE_TYPE_REQUIRED', 'This field is required');
    const values = listOf(choices);
    if (values.length > 25) return invalidField('choices', 'BASE_TYPE_BAD_LENGTH', 'Must be between 0 and 25 in length.');
    if (values.some((choice) => !isName(choice['name']) || !isName(choice['value'])))
      return invalidField('choices', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
    const wrong = checkOptions(listOf(inner));
    if (wrong) return wrong;
  }
  return undefined;
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length >= 1 && value.length <= 100;
}

/** Names and descriptions, with the longest localisation of each. */
function charactersOf({
  name,
  description = '',
  options,
  name_localizations: names,
  description_localizations: texts,
}: Fields): number {
  const longest = (own: unknown, others: unknown): number =>
    Math.max(...[own, ...Object.values(typeof others === 'object' && others ? others : {})].map((text) => String(text).length));
  const inner = listOf(options).reduce((sum, option) => sum + charactersOf(option), 0);
  return longest(name, names) + longest(description, texts) + inner;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as readonly Fields[]) : []; // whatever is in it is read as unknown
}
