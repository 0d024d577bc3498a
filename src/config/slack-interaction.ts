import { z } from 'zod';
import { setting } from './setting.ts';

const form = 'must be a slash command of at most 32 small letters, digits, - and _, as in /ask';
const command = z.string().regex(/^\/[a-z0-9][a-z0-9_-]{0,30}$/, form);

/** What people can press and command on Slack. */
export const slackInteraction = {
  command: setting(
    z
      .string()
      .regex(/^(?:\/[a-z0-9][a-z0-9_-]{0,30}|off)$/, `${form}, or off`)
      .default('/ask'),
    {
      description:
        'The slash command to ask with: `/ask why?`, `/ask help`, `/ask reset`. All apps of a workspace share one set of names. off for none.',
      example: '/parley',
    },
  ),
  resetCommand: setting(command.optional(), {
    description: 'A slash command of its own that does what `/ask reset` does.',
    example: '/parley-reset',
  }),
  helpCommand: setting(command.optional(), {
    description: 'A slash command of its own that does what `/ask help` does.',
    example: '/parley-help',
  }),
  commandReply: setting(z.enum(['private', 'public']).default('private'), {
    description:
      'Who sees the answer to a slash command: only who asked, or everybody in the channel. The two are conversations of their own.',
    example: 'public',
  }),
  shortcuts: setting(z.array(z.enum(['answer', 'summarise'])).default(['answer', 'summarise']), {
    description:
      'What people can choose from the menu of a message. answer: it is answered in its thread. summarise: a summary of the thread for their eyes. [] for nothing.',
    example: '[summarise]',
  }),
  buttons: setting(z.array(z.enum(['feedback', 'regenerate'])).default(['feedback', 'regenerate']), {
    description:
      'What stands under the last message of an answer. feedback: whether it was good, and why not. regenerate: another answer. [] for nothing.',
    example: '[feedback]',
  }),
};
