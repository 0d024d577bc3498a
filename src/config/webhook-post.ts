import { z } from 'zod';
import { compileTemplate } from '../template.ts';
import type { Conflict } from './conflict.ts';
import { setting, text } from './setting.ts';

const template = text.max(2000).superRefine((value, context) => {
  try {
    compileTemplate(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `cannot be used: ${error instanceof Error ? error.message : String(error)}` });
  }
});

/** A channel of Slack or Discord. `what` completes "The channel ...". */
export function postPlace(what: string) {
  return {
    slack: z
      .strictObject({
        channel: setting(text.regex(/^[CG][A-Z0-9]{2,30}$/, 'must be the id of a channel, like C0123456789'), {
          description: `The channel ${what}, by its id. The bot has to be in it.`,
          example: 'C0123456789',
        }),
        team: setting(text.regex(/^T[A-Z0-9]{2,30}$/, 'must be the id of a workspace, like T0123456789').optional(), {
          description: 'Its workspace, where the app is installed in several.',
          example: 'T0123456789',
          defaultNote: 'that of slack.botToken',
        }),
      })
      .optional(),
    discord: z
      .strictObject({
        channel: setting(text.regex(/^\d{17,20}$/, 'must be the id of a channel, in 17 to 20 digits'), {
          description: `The channel or forum ${what}, by its id.`,
          example: '"1234567890123456789"',
        }),
      })
      .optional(),
  };
}

/** A thread of Slack or Discord for each conversation of the source. */
export const post = z.strictObject({
  ...postPlace('in which a thread (a post in a forum) is opened for each conversation'),
  title: setting(template.default(''), {
    description: 'What the thread is about: its first line.',
    example: '{{ticket.subject}}',
    defaultNote: '"A question"',
  }),
  link: setting(template.optional(), {
    description: 'Where people find what it is about; http or https.',
    example: 'https://desk.example.com/tickets/{{ticket.id}}',
  }),
});

type PostSettings = z.infer<typeof post>;

export type PostPlace = Pick<PostSettings, 'slack' | 'discord'>;

interface PostTarget extends PlaceOfPost {
  readonly title: string;
  readonly link: string | undefined;
}

interface PlaceOfPost {
  readonly adapter: string;
  readonly tenant: string;
  readonly destination: Readonly<Record<string, string>>;
}

/** As the webhook adapter takes it. Expects settings without conflicts. */
export function toPost({ title, link, ...place }: PostSettings): PostTarget {
  return { ...toPostPlace(place), title, link };
}

/** In the terms of the adapter. Expects settings without conflicts. */
export function toPostPlace({ slack, discord }: PostPlace): PlaceOfPost {
  if (discord) return { adapter: 'discord', tenant: '', destination: { channelId: discord.channel } };
  return { adapter: 'slack', tenant: slack?.team ?? '', destination: { channel: slack?.channel ?? '' } };
}

interface Platforms {
  readonly slack?:
    | { readonly enabled?: boolean | undefined; readonly botToken?: string | undefined; readonly clientId?: string | undefined }
    | undefined;
  readonly discord?: { readonly enabled?: boolean | undefined; readonly token?: string | undefined } | undefined;
}

/** `path`: of the settings. */
export function checkPost(path: readonly string[], { slack, discord }: PostPlace, platforms: Platforms): Conflict[] {
  if (slack && discord) return [{ path: [...path, 'discord'], what: 'is set beside slack: keep one of them' }];
  if (!slack && !discord)
    return [
      {
        path: [...path, 'slack'],
        what: 'is missing: say where, by slack or discord',
        example: 'slack: { channel: C0123456789 }',
      },
    ];
  if (discord)
    return platforms.discord && !isOn(platforms.discord, platforms.discord.token)
      ? [{ path: [...path, 'discord'], what: 'cannot be used: Discord is switched off', example: 'DISCORD_TOKEN=...' }]
      : [];
  if (!platforms.slack) return [];
  const { botToken, clientId } = platforms.slack;
  if (!isOn(platforms.slack, botToken ?? clientId))
    return [{ path: [...path, 'slack'], what: 'cannot be used: Slack is switched off', example: 'SLACK_BOT_TOKEN=...' }];
  if (botToken === undefined && slack?.team === undefined)
    return [{ path: [...path, 'slack', 'team'], what: 'is missing: the app may be in several workspaces' }];
  return [];
}

function isOn({ enabled }: { readonly enabled?: boolean | undefined }, credential: string | undefined): boolean {
  return enabled !== false && credential !== undefined;
}
