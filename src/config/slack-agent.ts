import { z } from 'zod';
import { setting, text } from './setting.ts';

export const agentView = setting(z.boolean().default(true), {
  description:
    "Whether Parley uses Slack's agent view: questions that are suggested to who opens the app, titles of threads, and a Stop button while it answers. The app needs the manifest that `parley slack manifest` prints for it; where Slack refuses any of it, the answers come all the same.",
  example: 'false',
});

const prompt = z.strictObject({
  title: setting(text.min(1).max(80), { description: 'What stands on the button.', example: 'What can you do?' }),
  message: setting(text.min(1).max(1_000), {
    description: 'What is asked when somebody presses it.',
    example: 'What can you help me with?',
  }),
});

/** Slack shows four. */
export const suggestedPrompts = setting(
  z
    .array(prompt)
    .max(4, 'must be four at most: Slack shows no more')
    .default([
      { title: 'What can you do?', message: 'What can you help me with?' },
      { title: 'What do you know?', message: 'Which topics do you know about?' },
      { title: 'Explain something', message: 'Explain this to me in simple words: ' },
      { title: 'Draft a message', message: 'Help me to write a short, friendly message about: ' },
    ]),
  {
    description:
      'What is suggested to who opens the app in Slack: a title and what is asked then, four at most. An empty list for nothing.',
    example: '[{ title: Opening hours, message: When are we open? }]',
  },
);
