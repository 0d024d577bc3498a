import { z } from 'zod';
import { modelChoices, placeVoice } from './place-voice.ts';
import { setting } from './setting.ts';

const snowflake = /^\d{15,20}$/;

function idOf(what: string) {
  return z.string().regex(snowflake, `must be the id of a ${what}: switch on Developer Mode in Discord, then "Copy ID"`);
}

function ids(what: string) {
  return z.array(idOf(what)).optional();
}

function place(where: string) {
  return z.strictObject({
    ...placeVoice(where),
    mode: setting(z.enum(['mention', 'follow', 'all', 'posts', 'off']).optional(), {
      description: `mention: only mentions are answered ${where}. follow: also what is said in a thread that the bot takes part in. all: every message. posts: in a forum, each new post, and what its author says in it. off: nothing is answered.`,
      example: 'mention',
      defaultNote: 'follow',
    }),
    autoThread: setting(z.boolean().optional(), {
      description: `Whether a question in a channel is answered in a thread of its own ${where}.`,
      example: 'true',
      defaultNote: 'discord.autoThread',
    }),
    allow: z
      .strictObject({
        users: setting(ids('person'), {
          description: `Ids of the people who may ask ${where}.`,
          example: '[1090000000000000001]',
        }),
        roles: setting(ids('role'), {
          description: `Ids of the roles whose members may ask ${where}.`,
          example: '[1090000000000000002]',
        }),
      })
      .optional(),
  });
}

export const discordPlaces = {
  autoThread: setting(z.boolean().default(false), {
    description: 'Whether a question in a channel is answered in a thread of its own, which is the conversation then.',
    example: 'true',
  }),
  solvedTags: setting(z.array(z.string().min(1).max(20)).max(20).default(['solved']), {
    description:
      'Names of the tags in forums that say that a post is solved. In such a post even its author is answered only when the bot is mentioned. For mode posts.',
    example: '[solved, closed]',
  }),
  botTurnsPerHour: setting(z.int().min(0).max(1000).default(0), {
    description:
      'How many messages of other bots are answered in one conversation within an hour, at most. 0 for none: two bots that answer each other never stop.',
    example: '10',
  }),
  settings: setting(z.enum(['admins', 'off']).default('admins'), {
    description:
      'Who may change the settings of a server and its channels by the command /settings: who may manage the server (and the channel, for that), or nobody. What they set goes before discord.guilds and discord.channels; with off it does not count.',
    example: 'off',
  }),
  models: modelChoices(25, 'by the command /settings'),
  /** What holds in some servers only. */
  guilds: z.record(idOf('server'), place('in this server')).default({}),
  /** What holds in some channels and their threads; before what holds in the server. */
  channels: z.record(idOf('channel'), place('in this channel and its threads')).default({}),
};
