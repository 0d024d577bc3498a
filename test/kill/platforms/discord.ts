import type { DiscordEmulator } from '../../../adapters/discord/emulator.ts';
import type { Asked, MomentListener, PlatformDriver, Talk } from '../driver.ts';
import { parseAnswers } from '../answers.ts';
import type { Random } from '../random.ts';
import { createPresses } from './discord-presses.ts';

const writes = new Set([
  'POST /channels/:id/messages',
  'PATCH /channels/:id/messages/:id',
  'POST /webhooks/:id/:id',
  'PATCH /webhooks/:id/:id/messages/:id',
]);
const reads = new Set(['GET /channels/:id/messages', 'GET /webhooks/:id/:id/messages/:id']);

export interface DiscordDriverOptions {
  /** Whether the model is giving an answer: what is posted then is its beginning. */
  readonly isTalking: () => boolean;
  /** Whether some questions are asked by command. Each of those is a turn of its own. */
  readonly usesCommands: boolean;
}

/** A guild with channels and threads, direct messages, and commands in channels. */
export function createDiscordDriver(discord: DiscordEmulator, { isTalking, usesCommands }: DiscordDriverOptions): PlatformDriver {
  let report: MomentListener = () => undefined;
  let talks = 0;
  const presses = createPresses(discord);
  /** Where answers with buttons may stand. */
  const channels: string[] = [];
  // Nobody can ask the platform which direct messages there are: what is said in one that the bot does not know, while it has no session that
  // it could take up again, never reaches it. So the first words to the bot are said in a channel then. An interaction that the platform has
  // forgotten before the bot took it is gone, too, and whoever used the command was told so.
  let isForgotten = true;
  const unforgettable: (() => boolean)[] = [];
  const direct: { readonly isAsked: () => boolean; readonly talk: Talk }[] = [];
  discord.onDispatchSent(({ type }) => {
    if (type === 'RESUMED') isForgotten = false;
  });
  discord.onCall((route, phase) => {
    const fate = {
      lose: () => discord.faults.add({ route, kind: 'refuse' }),
      fail: () => discord.faults.add({ route, kind: 'server_error' }),
    };
    if (reads.has(route) && phase === 'before') report('looking', fate);
    if (writes.has(route) && !isTalking()) report(phase === 'before' ? 'sending' : 'sent', fate);
    else if (writes.has(route) && phase === 'after') report('streamed', fate);
  });

  /**
   * Each question is a command, while there is a session that would bring it, in a channel of its own: an answer to a command stands where that was
   * given, and what it does not hold follows below whatever came meanwhile. What is deferred shows nothing yet.
   */
  function openCommands(newChannel: () => string): Talk {
    const places: Talk[] = [];
    const opened: Talk = {
      name: `command ${talks}`,
      visible: () => places.flatMap(({ visible }) => visible()).filter(({ text }) => text !== ''),
      ask: (question) => {
        const channelId = newChannel();
        const place = talk('command', channelId, true);
        places.push(place);
        return isForgotten ? place.ask(question) : askByCommand(question, channelId);
      },
    };
    return remember(opened);
  }

  /**
   * Several ask by command in one channel at once, and briefly: an answer that is one message stands where it was asked for, or, where the bot came too
   * late for that, as a message below.
   */
  function openCrowd(channelId: string): Talk {
    const place = talk('crowd', channelId, true);
    return remember({
      ...place,
      isCrowd: true,
      visible: () => place.visible().filter(({ text }) => text !== ''),
      ask: (text) => {
        const question = text.replace(' at length', '');
        return isForgotten ? place.ask(question) : askByCommand(question, channelId);
      },
    });
  }

  function askByCommand(question: string, channelId: string): Asked {
    const interaction = discord.command({ name: 'ask', options: { question }, channelId });
    return {
      isAcknowledged: () => interaction.responseType !== undefined,
      redeliver: (copies) => {
        for (let copy = 0; copy < copies; copy += 1) discord.redeliverInteraction(interaction);
      },
    };
  }

  /** Its questions are to be answered before the platform may forget anything. */
  function remember(opened: Talk): Talk {
    let asked = 0;
    // A long answer is many messages.
    const isAnswered = (): boolean => parseAnswers(opened.visible()).flatMap(({ questions }) => questions).length >= asked;
    unforgettable.push(isAnswered);
    return {
      ...opened,
      ask: (text) => {
        asked += 1;
        return opened.ask(text);
      },
    };
  }

  function talk(name: string, channelId: string, mentions: boolean): Talk {
    let isOpen = false;
    if (name !== 'direct') channels.push(channelId);
    return {
      name: `${name} ${channelId}`,
      ask: (text): Asked => {
        const message = discord.say({ channelId, text, mention: mentions || !isOpen });
        isOpen = true;
        return { isAcknowledged: () => false, redeliver: (copies) => discord.redeliver(message, copies) };
      },
      visible: () =>
        discord
          .messages(channelId)
          .filter(({ author }) => author.id === discord.bot.id)
          .map(({ id, content }) => ({ id, text: content, isGrowing: false })),
    };
  }

  function openDirect(channelId: string): Talk {
    let isAsked = false;
    const opened = talk('direct', channelId, false);
    direct.push({ isAsked: () => isAsked, talk: opened });
    return {
      ...opened,
      ask: (text) => {
        isAsked = true;
        return opened.ask(text);
      },
    };
  }

  const mayForget = (): boolean =>
    presses.areTaken() &&
    unforgettable.every((isAnswered) => isAnswered()) &&
    direct.every(({ isAsked, talk: { visible } }) => !isAsked() || visible().length > 0);

  return {
    name: 'discord',
    isOrdered: true,
    listen: () => discord.listen(),
    close: () => discord.close(),
    settings: () => ({
      env: { DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl },
      // What people see is read from messages.
      yaml: { discord: { fileAfter: 'off' } },
    }),
    connect: () => undefined,
    // Now and then the platform has forgotten the session by the time a process is back: then what was missed must be read from the channels.
    disconnect: (random: Random) => {
      if (!random.chance(0.2) || !mayForget()) return;
      isForgotten = true;
      discord.expireSessions();
    },
    open: (random) => {
      talks += 1;
      if (usesCommands && discord.commands().length > 0 && random.chance(0.25))
        return openCommands(() => {
          talks += 1;
          return discord.channel({ name: `channel-${talks}` }).id;
        });
      if (usesCommands && discord.commands().length > 0 && random.chance(0.15))
        return openCrowd(discord.channel({ name: `channel-${talks}` }).id);
      if (random.chance(0.4)) return talk('thread', discord.thread({ name: `thread ${talks}` }).id, false);
      if (isForgotten || random.chance(0.5)) return talk('channel', discord.channel({ name: `channel-${talks}` }).id, true);
      return openDirect(discord.directMessage(`Person ${talks}`).id);
    },
    press: (random) => {
      if (usesCommands && !isForgotten) presses.press(channels, random);
    },
    presses: () => presses.all,
    rested: () => presses.rest(),
    undelivered: () => 0,
    onMoment: (listener) => {
      report = listener;
    },
    clearFaults: () => discord.faults.clear(),
  };
}
