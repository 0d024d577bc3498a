import { z } from 'zod';
import { placeVoice } from './place-voice.ts';
import { setting } from './setting.ts';

const key = z
  .string()
  .regex(
    /^(?:[CG][A-Z0-9]{6,}|#?[\p{Ll}\p{Lo}\p{N}_-]{1,80})$/u,
    'must be the id of a channel, as in C0123456789, or its name, as in general',
  );

const allow = z.strictObject({
  users: setting(
    z
      .array(
        z.string().regex(/^[UW][A-Z0-9]{4,}$/, 'must hold ids of people, as in U0123456789 ("Copy member ID" in their profile)'),
      )
      .optional(),
    {
      description: 'Ids of the people who may ask in this channel.',
      example: '[U0123456789]',
    },
  ),
  groups: setting(z.array(z.string().regex(/^S[A-Z0-9]{4,}$/, 'must hold ids of user groups, as in S0123456789')).optional(), {
    description: 'Ids of the user groups whose members may ask in this channel. Needs the scope usergroups:read.',
    example: '[S0123456789]',
  }),
});

const channel = z.strictObject({
  ...placeVoice('in this channel'),
  mode: setting(z.enum(['mention', 'follow', 'off']).optional(), {
    description:
      'mention: only mentions are answered. follow: also what is said in a conversation that the bot takes part in. off: nothing is answered.',
    example: 'mention',
    defaultNote: 'follow in threads when slack.followThreads, else mention',
  }),
  allow: allow.optional(),
  reply: setting(z.enum(['thread', 'channel', 'ephemeral']).default('thread'), {
    description: 'Where answers stand: in the thread of the question, in the channel itself, or where only who asked sees them.',
    example: 'ephemeral',
  }),
});

/** What holds in some channels only. */
export const slackChannels = z.record(key, channel).default({});
