import { z } from 'zod';
import { redactedKinds } from '../redacted-kinds.ts';
import { linearPattern, moderation } from './moderation.ts';
import { setting, text } from './setting.ts';

const pattern = setting(linearPattern.min(1), {
  description:
    'What else is taken out: a regular expression; NAME stands in its placeholders. It takes neither references back nor looking ahead or behind.',
  example: String.raw`'\\bK-[0-9]{6}\\b'`,
});

const patternName = z.string().regex(/^[a-z][a-z0-9_]{0,30}$/, 'must have 1 to 31 of a-z, 0-9 and _, a letter first');

const redact = z
  .strictObject({
    kinds: setting(z.array(z.enum([...redactedKinds, 'all'])).default([]), {
      description:
        'What is taken out of all that providers of AI models are sent, and put back into what they answer: email, phone, card, iban, ip, secret, national_id, or all.',
      example: '[all]',
      defaultNote: 'nothing',
    }),
    patterns: z.record(patternName, pattern).default({}),
    exceptProviders: setting(z.array(text.min(1)).default([]), {
      description: 'Providers that are sent everything as it is, because they are your own: openai, or names of model.providers.',
      example: '[openai]',
      defaultNote: 'nothing',
    }),
    images: setting(z.boolean().default(true), {
      description: 'Whether images may be sent although nothing can be taken out of them.',
      example: 'false',
    }),
  })
  .prefault({});

export const safety = z.strictObject({ redact, moderation }).prefault({});
