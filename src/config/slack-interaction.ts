import { z } from 'zod';
import { setting } from './setting.ts';

/** What people can press and command on Slack. */
export const slackInteraction = {
  buttons: setting(z.array(z.enum(['feedback', 'regenerate'])).default(['feedback', 'regenerate']), {
    description:
      'What stands under the last message of an answer. feedback: whether it was good, and why not. regenerate: another answer. [] for nothing.',
    example: '[feedback]',
  }),
};
