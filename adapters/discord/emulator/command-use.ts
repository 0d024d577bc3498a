import type { EmulatedCommand } from './commands.ts';
import { toChannel, toMessage } from './payloads.ts';
import type { EmulatedChannel, EmulatedMessage, EmulatedUser, World } from './world.ts';

type Fields = Readonly<Record<string, unknown>>;

const kinds = { subcommand: 1, channel: 7 } as const;
const administrator = 1n << 3n;

/** What the person may do in the channel, as interactions tell it: with the overwrites of the channel that a thread hangs under. */
export function permissionsOf(world: World, user: EmulatedUser, channel: EmulatedChannel | undefined): string {
  const own = world.permitted.get(`${channel?.parentId ?? channel?.id}:${user.id}`);
  return own?.toString() ?? user.permissions ?? '2248473465835073';
}

/** A registered command: typed with its options, or picked on a message. */
export interface Commanding {
  readonly name: string;
  readonly options?: Readonly<Record<string, string | boolean>>;
  /** Of a command that has some. */
  readonly subcommand?: string;
  /** The server's settings (Integrations) offer the command to this person, whatever permissions its definition asks for. */
  readonly granted?: boolean;
  readonly messageId?: string;
  readonly user?: string;
  readonly channelId?: string;
  /** The app is no member here: only this person has added it. */
  readonly byUserInstall?: boolean;
}

interface Circumstances {
  /** Of the person, in the channel. */
  readonly permissions: string;
  readonly isDirect: boolean;
  readonly isArchived: boolean;
}

/** Throws where Discord's clients would not let the person do it. */
export function checkUse(
  { definition, name }: EmulatedCommand,
  words: Commanding,
  { permissions, isDirect, isArchived }: Circumstances,
): void {
  if (isArchived) throw new RangeError('Nobody can use a command in an archived thread.');
  const { options = {}, messageId, byUserInstall = false, granted = false, subcommand } = words;
  const known = optionsOf(definition, subcommand);
  for (const { name: option, required } of known) {
    if (required === true && options[String(option)] === undefined)
      throw new RangeError(`The option ${String(option)} is required.`);
  }
  for (const [option, value] of Object.entries(options)) checkOption(known, option, value);
  if ((definition['type'] === 3) !== (messageId !== undefined)) throw new RangeError('The command is used on something else.');
  if (byUserInstall && !listOf(definition['integration_types'] ?? [0]).includes(1))
    throw new RangeError('The command is not for those who added the app to their account.');
  if (!listOf(definition['contexts'] ?? [0, 1, 2]).includes(isDirect ? 1 : 0))
    throw new RangeError(`Nobody sees a command ${name} here.`);
  const { default_member_permissions: asked } = definition;
  const needed = BigInt(typeof asked === 'string' ? asked : 0);
  const has = BigInt(permissions);
  if (!isDirect && !granted && (has & administrator) === 0n && (has & needed) !== needed)
    throw new RangeError(`The person does not see the command ${name}.`);
}

function optionsOf(definition: Fields, subcommand: string | undefined): readonly Fields[] {
  const options = listOf(definition['options']) as readonly Fields[]; // checked when it was registered
  const subcommands = options.filter(({ type }) => type === kinds.subcommand);
  if (subcommands.length === 0 && subcommand === undefined) return options;
  const found = subcommands.find(({ name }) => name === subcommand);
  if (!found) throw new RangeError(`There is no subcommand ${subcommand}.`);
  return listOf(found['options']) as readonly Fields[]; // likewise
}

function checkOption(known: readonly Fields[], name: string, value: string | boolean): void {
  const option = known.find((each) => each['name'] === name);
  if (!option) throw new RangeError(`There is no option ${name}.`);
  const choices = listOf(option['choices']) as readonly Fields[]; // likewise
  if (choices.length > 0 && !choices.some((choice) => choice['value'] === value))
    throw new RangeError(`${String(value)} cannot be chosen for ${name}.`);
}

/** `data` of the interaction: see https://docs.discord.com/developers/interactions/receiving-and-responding. */
export function toCommandData(
  world: World,
  { id, type, name, guildId, definition }: EmulatedCommand,
  { options = {}, messageId, subcommand, user }: Omit<Commanding, 'user'> & { readonly user: EmulatedUser },
): object {
  const known = messageId === undefined ? optionsOf(definition, subcommand) : [];
  const given = Object.entries(options).map(([option, value]) => {
    const kind = known.find((each) => each['name'] === option)?.['type'];
    return { name: option, type: kind, value };
  });
  const common = { id, type, name, ...(guildId === undefined ? {} : { guild_id: guildId }) };
  if (messageId === undefined) {
    const named = given.flatMap(({ type: kind, value }) => (kind === kinds.channel ? String(value) : []));
    const inside = subcommand === undefined ? given : [{ type: kinds.subcommand, name: subcommand, options: given }];
    return { ...common, options: inside, ...(named.length > 0 ? { resolved: toResolved(world, named, user) } : {}) };
  }
  const message = findMessage(world, messageId);
  if (!message) throw new RangeError(`There is no message ${messageId}.`);
  // The message that a command is used on comes with its content, whatever the intents.
  return {
    ...common,
    target_id: messageId,
    resolved: { messages: { [messageId]: toMessage(world, message, { contentAllowed: true }) } },
  };
}

/** Channels that options name come with what the person may do there. */
function toResolved(world: World, ids: readonly string[], user: EmulatedUser): object {
  const channels = ids.flatMap((id) => {
    const channel = world.channels.get(id);
    return channel ? [[id, { ...toChannel(world, channel), permissions: permissionsOf(world, user, channel) }]] : [];
  });
  return { channels: Object.fromEntries(channels) as object }; // pairs
}

export function findMessage(world: World, id: string): EmulatedMessage | undefined {
  for (const { messages } of world.channels.values()) if (messages.has(id)) return messages.get(id);
  return undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
