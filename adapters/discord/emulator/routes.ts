import type { SessionStarts, Sharding } from './identify.ts';
import { commandRoutes, interactionRoutes } from './interaction-routes.ts';
import type { Interacting } from './interacting.ts';
import { createMessages, listMessages } from './message-calls.ts';
import type { MessageCallOptions } from './message-calls.ts';
import { toChannel, toGuild, toMember, toRoles, toUser } from './payloads.ts';
import { invalidField, noContent, ok, refusal } from './reply.ts';
import type { Reply } from './reply.ts';
import type { Call, Route } from './route.ts';
import { bits, editRefusal, may, modifyThread, postRefusal, removeRefusal } from './threads.ts';
import { channelTypes, isPostChannel } from './world.ts';
import type { EmulatedChannel, EmulatedMessage, World } from './world.ts';

export interface RouteOptions extends MessageCallOptions {
  readonly starts: SessionStarts;
  readonly sharding: Sharding;
  readonly gatewayUrl: () => string;
  readonly onTyping: (channelId: string) => void;
  readonly interacting: Interacting;
}

export function createRoutes(options: RouteOptions): readonly Route[] {
  return [
    ...interactionRoutes(options.interacting),
    ...commandRoutes(options.interacting),
    ...appRoutes(options),
    ...guildRoutes(options),
    ...channelRoutes(options),
    ...messageRoutes(options),
  ];
}

function appRoutes({ world, sharding, starts, gatewayUrl, interacting, messageContent }: RouteOptions): Route[] {
  const application = () => ({
    ...{ id: world.bot.id, name: world.bot.globalName, flags: messageContent ? 1 << 19 : 0, bot: toUser(world.bot) },
    verify_key: interacting.people.publicKey,
    interactions_endpoint_url: interacting.endpoint() ?? null,
  });
  const limits = () => ({
    ...{ total: starts.total, remaining: starts.remaining, reset_after: starts.resetAfterMs },
    max_concurrency: starts.maxConcurrency ?? sharding.recommended,
  });
  const gateway = () => ({ url: gatewayUrl(), shards: sharding.recommended, session_start_limit: limits() });
  return [
    { method: 'GET', pattern: '/gateway', handle: () => ok({ url: gatewayUrl() }) },
    { method: 'GET', pattern: '/gateway/bot', handle: () => ok(gateway()) },
    { method: 'GET', pattern: '/users/@me', handle: () => ok(toUser(world.bot)) },
    { method: 'GET', pattern: '/applications/@me', handle: () => ok(application()) },
  ];
}

function guildRoutes({ world }: RouteOptions): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/guilds/:id',
      handle: ({ ids: [id = ''] }) => {
        const guild = world.guilds.get(id);
        return guild ? ok(toGuild(world, guild)) : refusal(10004);
      },
    },
    {
      method: 'GET',
      pattern: '/users/@me/guilds',
      handle: () => ok([...world.guilds.values()].map(({ id, name }) => ({ id, name, owner: false, features: [] }))),
    },
    {
      method: 'GET',
      pattern: '/guilds/:id/channels',
      handle: ({ ids: [id] }) =>
        ok(
          [...world.channels.values()]
            .filter((each) => each.guildId === id && !each.parentId)
            .map((each) => toChannel(world, each)),
        ),
    },
    {
      method: 'GET',
      pattern: '/guilds/:id/threads/active',
      handle: ({ ids: [id] }) =>
        ok({
          threads: [...world.channels.values()]
            .filter((each) => each.guildId === id && each.parentId !== undefined && !world.archived.has(each.id))
            .map((each) => toChannel(world, each)),
          members: [],
        }),
    },
    {
      method: 'GET',
      pattern: '/guilds/:id/members/:id',
      handle: ({ ids: [guildId = '', userId = ''] }) => {
        const [guild, user] = [world.guilds.get(guildId), world.users.get(userId)];
        return guild && user ? ok({ ...toMember(user, guild), user: toUser(user) }) : refusal(10013);
      },
    },
    {
      method: 'GET',
      pattern: '/guilds/:id/roles',
      handle: ({ ids: [id = ''] }) => {
        const guild = world.guilds.get(id);
        return guild ? ok(toRoles(world, guild)) : refusal(10004);
      },
    },
  ];
}

function channelRoutes({ world, onTyping }: RouteOptions): Route[] {
  const thread = (parent: EmulatedChannel, name: unknown, id?: string): Reply => {
    if (typeof name !== 'string' || name === '' || name.length > 100)
      return invalidField('name', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
    const made = { name, type: channelTypes.publicThread, guildId: parent.guildId, parentId: parent.id };
    return { status: 201, body: toChannel(world, world.addChannel(id === undefined ? made : { ...made, id })) };
  };
  const growThread = (parent: EmulatedChannel, name: unknown, messageId: string): Reply => {
    if (!may(world, parent, bits.createThreads)) return refusal(50013);
    if (!parent.messages.has(messageId)) return refusal(10008);
    return world.channels.has(messageId) ? refusal(160004) : thread(parent, name, messageId);
  };
  return [
    {
      method: 'POST',
      pattern: '/users/@me/channels',
      handle: ({ body }) => {
        const recipientId = String(body['recipient_id']);
        const recipient = world.users.get(recipientId);
        if (!recipient) return refusal(10013);
        return ok(toChannel(world, world.directChannel(recipientId)));
      },
    },
    {
      method: 'PATCH',
      pattern: '/channels/:id',
      handle: withChannel(world, (channel, { body }) => modifyThread(world, channel, body)),
    },
    { method: 'GET', pattern: '/channels/:id', handle: withChannel(world, (channel) => ok(toChannel(world, channel))) },
    {
      method: 'POST',
      pattern: '/channels/:id/typing',
      handle: withChannel(world, (channel) => {
        onTyping(channel.id);
        return noContent;
      }),
    },
    {
      method: 'POST',
      pattern: '/channels/:id/threads',
      handle: withChannel(world, (channel, { body }) =>
        isPostChannel(channel) ? addPost(world, channel, body) : thread(channel, body['name']),
      ),
    },
    {
      method: 'POST',
      pattern: '/channels/:id/messages/:id/threads',
      // A thread that grows out of a message has the message's id.
      handle: withChannel(world, (channel, { ids, body }) => growThread(channel, body['name'], ids[1] ?? '')),
    },
  ];
}

/** In a forum or media channel the thread comes with its first message (https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel). */
function addPost(world: World, parent: EmulatedChannel, { name, message }: Call['body']): Reply {
  if (!may(world, parent, bits.sendMessages)) return refusal(50013);
  const content = typeof message === 'object' && message !== null && 'content' in message ? message.content : undefined;
  if (typeof name !== 'string' || name === '' || name.length > 100)
    return invalidField('name', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
  if (typeof content !== 'string' || content.trim() === '' || content.length > 2_000) return refusal(50006);
  const { id } = world.addPost({
    name,
    guildId: parent.guildId,
    parentId: parent.id,
    author: world.bot,
    content,
    messageFirst: false,
  });
  const made = world.channels.get(id);
  return made ? { status: 201, body: toChannel(world, made) } : refusal(10003);
}

function messageRoutes(options: RouteOptions): Route[] {
  const { world } = options;
  const messages = createMessages(options);
  return [
    {
      method: 'POST',
      pattern: '/channels/:id/messages',
      handle: withChannel(world, (channel, call) => {
        const refused = postRefusal(world, channel);
        if (refused) return refused;
        if (mayNotAttach(world, channel, call)) return refusal(50013);
        world.setArchived(channel, false);
        return messages.create(channel, call);
      }),
    },
    {
      method: 'GET',
      pattern: '/channels/:id/messages',
      handle: withChannel(world, (channel, { query }) => listMessages(channel, query, messages.view)),
    },
    { method: 'GET', pattern: '/channels/:id/messages/:id', handle: withMessage(world, (message) => ok(messages.view(message))) },
    {
      method: 'PATCH',
      pattern: '/channels/:id/messages/:id',
      handle: withMessage(world, (message, call) => {
        const channel = world.channels.get(message.channelId);
        if (!channel) return refusal(10003);
        const refused = editRefusal(world, channel);
        return refused ?? (mayNotAttach(world, channel, call) ? refusal(50013) : messages.edit(message, call));
      }),
    },
    {
      method: 'DELETE',
      pattern: '/channels/:id/messages/:id',
      handle: withMessage(world, (message) => {
        const channel = world.channels.get(message.channelId);
        const refused = channel && removeRefusal(world, channel);
        if (refused) return refused;
        if (message.author !== world.bot) return refusal(50013);
        world.remove(message);
        return noContent;
      }),
    },
  ];
}

function mayNotAttach(world: World, channel: EmulatedChannel, { files }: Call): boolean {
  return files.size > 0 && !may(world, channel, bits.attachFiles);
}

function withChannel(world: World, handle: (channel: EmulatedChannel, call: Call) => Reply): Route['handle'] {
  return (call) => {
    const channel = world.channels.get(call.ids[0] ?? '');
    return channel ? handle(channel, call) : refusal(10003);
  };
}

function withMessage(world: World, handle: (message: EmulatedMessage, call: Call) => Reply): Route['handle'] {
  return withChannel(world, (channel, call) => {
    const message = channel.messages.get(call.ids[1] ?? '');
    return message ? handle(message, call) : refusal(10008);
  });
}
