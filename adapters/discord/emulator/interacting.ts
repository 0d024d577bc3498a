import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { Clock } from '../../../src/clock.ts';
import { Commands } from './commands.ts';
import type { EmulatedCommand } from './commands.ts';
import type { Commanding } from './command-use.ts';
import { checkUse, findMessage, permissionsOf, toCommandData } from './command-use.ts';
import { customIdsOf } from './components.ts';
import { Interactions } from './interactions.ts';
import type { EmulatedInteraction } from './interactions.ts';
import { toChannel, toMember, toMessage, toUser } from './payloads.ts';
import type { EmulatedMessage, EmulatedUser, World } from './world.ts';

/** What people do with commands, buttons and forms. */
export interface EmulatedPeopleInteracting {
  /** What an app checks signed requests with, in hexadecimal digits. */
  readonly publicKey: string;
  readonly commands: () => readonly EmulatedCommand[];
  /** Interactions go to this address from now on, and no longer over the gateway; as the portal's Interactions Endpoint URL. */
  setEndpoint(url: string | undefined): void;
  /** A registered command: typed with its options, or picked on a message. */
  command(words: Commanding): EmulatedInteraction;
  press(words: Pressing): EmulatedInteraction;
  /** Sends a form off that was opened by `interaction`. */
  submit(interaction: EmulatedInteraction, values: Readonly<Record<string, string>>): EmulatedInteraction;
  /** The same once more: over the gateway, or as the same request with the same signature. */
  redeliverInteraction(interaction: EmulatedInteraction): void;
  interaction(id: string): EmulatedInteraction | undefined;
  /** Calls back whenever a request with an interaction has been answered. */
  onInteractionAnswered(listener: () => void): void;
  /** What only this person sees, oldest first. */
  privateMessages(user: string): readonly EmulatedMessage[];
}

export interface Pressing {
  readonly messageId: string;
  readonly customId: string;
  readonly user?: string;
  /** By somebody who has not seen the last edit of the message yet: the button may be gone from it. */
  readonly late?: boolean;
}

export interface InteractingOptions {
  readonly world: World;
  readonly clock: Pick<Clock, 'now'>;
  readonly homeChannelId: () => string;
  readonly user: (name: string) => EmulatedUser;
  readonly dispatch: (data: object, guildId: string | undefined) => void;
}

export interface Interacting {
  readonly commands: Commands;
  readonly interactions: Interactions;
  readonly people: EmulatedPeopleInteracting;
  /** Where interactions go; undefined for over the gateway. */
  readonly endpoint: () => string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

export function createInteracting(options: InteractingOptions): Interacting {
  const { world, clock } = options;
  const commands = new Commands({ nextId: () => world.nextId(), now: () => clock.now() });
  const interactions = new Interactions({ world, clock });
  const { deliver, publicKey, setEndpoint, endpoint } = createDelivery(options, interactions);
  const begin = createBegin(options, { interactions, deliver });
  const people: EmulatedPeopleInteracting = {
    publicKey,
    setEndpoint,
    commands: () => commands.all,
    command: (words) => {
      const channel = world.channels.get(words.channelId ?? options.homeChannelId());
      const command = commands.find(words.name, channel?.guildId);
      if (!command) throw new RangeError(`Nobody sees a command ${words.name} here.`);
      const user = options.user(words.user ?? 'Ada');
      checkUse(command, words, {
        permissions: permissionsOf(world, user, channel),
        isDirect: channel?.guildId === undefined,
        isArchived: world.archived.has(channel?.id ?? ''),
      });
      return begin({ type: 2, data: toCommandData(world, command, { ...words, user }) }, words);
    },
    press: (words) => press(world, interactions, { words, begin }),
    submit: (interaction, values) => submit(world, interaction, { values, begin }),
    redeliverInteraction: deliver,
    interaction: (id) => interactions.all.get(id),
    onInteractionAnswered: (listener) => interactions.listeners.add(listener),
    privateMessages: (name) => {
      const { id } = options.user(name);
      return [...interactions.privateMessages.values()].filter(({ interaction }) => interaction?.userId === id);
    },
  };
  return { commands, interactions, people, endpoint };
}

type Begin = (
  about: Fields,
  by: Pick<Commanding, 'user' | 'channelId' | 'byUserInstall'>,
  pressed?: EmulatedMessage,
) => EmulatedInteraction;

interface Delivery {
  readonly deliver: (interaction: EmulatedInteraction) => void;
  readonly publicKey: string;
  readonly setEndpoint: (url: string | undefined) => void;
  readonly endpoint: () => string | undefined;
}

/** Over the gateway, or as a signed request where there is an endpoint. */
function createDelivery({ world, clock, dispatch }: InteractingOptions, interactions: Interactions): Delivery {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const signed = new Map<string, { readonly body: string; readonly headers: Record<string, string> }>();
  let endpoint: string | undefined;

  function toSigned(body: string) {
    const timestamp = String(Math.floor(clock.now() / 1000));
    const signature = sign(null, Buffer.from(timestamp + body), privateKey).toString('hex');
    const proof = { 'x-signature-timestamp': timestamp, 'x-signature-ed25519': signature };
    return { body, headers: { 'content-type': 'application/json', ...proof } };
  }

  async function post(url: string, interaction: EmulatedInteraction): Promise<void> {
    const { id, payload } = interaction;
    const request = signed.get(id) ?? toSigned(JSON.stringify(payload));
    signed.set(id, request);
    const response = await fetch(url, { method: 'POST', ...request }).catch(() => undefined);
    const answer: unknown = await response?.json().catch(() => undefined);
    if (response?.ok && typeof answer === 'object' && answer !== null) {
      interactions.respond(id, interaction.token, answer as Fields); // an object is one
    }
    interaction.httpStatus = response?.status ?? 0;
    for (const listener of interactions.listeners) listener();
  }

  return {
    // The last 32 bytes of the DER form are the key itself.
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'),
    setEndpoint: (url) => {
      endpoint = url;
    },
    endpoint: () => endpoint,
    deliver: (interaction) => {
      const guildId = world.channels.get(interaction.channelId)?.guildId;
      if (endpoint === undefined) dispatch(interaction.payload, interaction.byUserInstall ? undefined : guildId);
      else void post(endpoint, interaction);
    },
  };
}

function createBegin(
  { world, clock, homeChannelId, user: userOf }: InteractingOptions,
  { interactions, deliver }: Pick<Delivery, 'deliver'> & { readonly interactions: Interactions },
): Begin {
  return (about, { channelId = homeChannelId(), byUserInstall = false, user: name = 'Ada' }, pressed) => {
    const user = userOf(name);
    const id = world.nextId();
    const token = `${id}.${randomBytes(24).toString('base64url')}`;
    const payload = { ...about, ...toEnvelope(world, { id, token, user, channelId, byUserInstall }) };
    const createdAt = clock.now();
    const interaction: EmulatedInteraction = {
      id,
      token,
      user,
      channelId,
      createdAt,
      byUserInstall,
      pressed,
      payload,
      followUps: 0,
    };
    interactions.all.set(id, interaction);
    deliver(interaction);
    return interaction;
  };
}

function press(world: World, { privateMessages }: Interactions, { words, begin }: { words: Pressing; begin: Begin }) {
  const { messageId, customId, user = 'Ada', late = false } = words;
  const message = privateMessages.get(messageId) ?? findMessage(world, messageId);
  if (!message || !(late || customIdsOf(message.components ?? []).includes(customId))) {
    throw new RangeError(`There is no button ${customId} on the message ${messageId}.`);
  }
  const data = { custom_id: customId, component_type: 2 };
  const shown = toMessage(world, message, { contentAllowed: true });
  return begin({ type: 3, data, message: shown }, { channelId: message.channelId, user }, message);
}

interface Submission {
  readonly values: Readonly<Record<string, string>>;
  readonly begin: Begin;
}

function submit(world: World, { modal, channelId, user, pressed }: EmulatedInteraction, { values, begin }: Submission) {
  if (!modal) throw new RangeError('No form was opened.');
  const labels = (modal['components'] as readonly Fields[]).map((label, index) => {
    const { custom_id: id } = label['component'] as Fields; // checked when it was opened
    const component = { type: 4, id: index + 10, custom_id: id, value: values[String(id)] ?? '' };
    return { type: 18, id: index + 1, component };
  });
  const message = pressed ? { message: toMessage(world, pressed, { contentAllowed: true }) } : {};
  const about = { type: 5, data: { custom_id: modal['custom_id'], components: labels }, ...message };
  return begin(about, { channelId, user: user.globalName }, pressed);
}

interface Envelope extends Pick<EmulatedInteraction, 'id' | 'token' | 'user' | 'channelId' | 'byUserInstall'> {}

function toEnvelope(world: World, { id, token, user, channelId, byUserInstall }: Envelope): Fields {
  const channel = world.channels.get(channelId);
  const guild = channel?.guildId === undefined ? undefined : world.guilds.get(channel.guildId);
  const owners = byUserInstall ? { 1: user.id } : { 0: guild?.id ?? '0' };
  const place = channel ? { channel: toChannel(world, channel) } : {};
  const person = guild
    ? {
        guild_id: guild.id,
        guild: { id: guild.id, locale: 'en-US', features: [] },
        member: { ...toMember(user, guild), user: toUser(user), permissions: permissionsOf(world, user, channel) },
      }
    : { user: toUser(user) };
  return {
    ...{ id, token, version: 1, application_id: world.bot.id, channel_id: channelId, ...place, ...person },
    ...{ locale: 'en-US', app_permissions: '309237763136', entitlements: [], attachment_size_limit: 10_485_760 },
    authorizing_integration_owners: owners,
    context: guild ? 0 : 1,
  };
}
