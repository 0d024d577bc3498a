import { z } from 'zod';
import { createLinearPattern } from '../linear-pattern.ts';
import { secretText, setting, text, url } from './setting.ts';

/** A regular expression that is matched in linear time. */
export const linearPattern = z.string().superRefine((source, context) => {
  try {
    createLinearPattern(source);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: 'custom', message: `is no pattern that can be used: ${why}` });
  }
});

const linearPatterns = z.array(linearPattern);

const category = z.string().regex(/^[a-z][a-z0-9_/-]{0,39}$/, 'must have 1 to 40 of a-z, 0-9, _, / and -, a letter first');

const rule = z.strictObject({
  words: setting(z.array(text.trim().min(1).max(200)).max(1_000).default([]), {
    description: 'Words and phrases, whatever their case; not parts of longer words, unless they are of a script without spaces.',
    example: '[casino bonus, pyramid scheme]',
    defaultNote: 'nothing',
  }),
  patterns: setting(linearPatterns.max(100).default([]), {
    description: 'Regular expressions, whatever the case, without references back and without looking ahead or behind.',
    example: String.raw`['project\s+x\d+']`,
    defaultNote: 'nothing',
  }),
});

const sources = z.array(z.enum(['endpoint', 'rules']));

const endpoint = z
  .strictObject({
    baseUrl: setting(url.optional(), {
      description: 'Where /moderations is.',
      example: 'https://api.openai.com/v1',
      defaultNote: 'model.openai.baseUrl',
    }),
    apiKey: setting(secretText.optional(), {
      env: 'MODERATION_API_KEY',
      secret: true,
      description: 'Key of that endpoint.',
      example: 'sk-proj-...',
      defaultNote: 'model.openai.apiKey, where baseUrl is not set',
    }),
    model: setting(text.min(1).default('omni-moderation-latest'), {
      description: 'Name of the model that checks, as the endpoint knows it.',
      example: 'omni-moderation-latest',
    }),
    thresholds: z
      .record(
        z.string().regex(/^[\w/ -]{1,60}$/, 'must be the name of a category'),
        setting(z.number().min(0).max(1), {
          description:
            'The score of the category NAME from which a text is flagged. With any of these, no other category counts, nor what the endpoint itself calls flagged.',
          example: '0.4',
        }),
      )
      .default({}),
    timeoutSeconds: setting(z.number().positive().max(120).default(10), {
      description: 'How long a verdict may take.',
      example: '10',
    }),
  })
  .prefault({});

export const moderation = z
  .strictObject({
    input: setting(sources.default([]), {
      description: 'By what messages are checked before the model is asked: endpoint, rules.',
      example: '[]',
      defaultNote: 'nothing: they are not checked',
    }),
    output: setting(sources.default([]), {
      description: 'By what answers are checked before anybody sees them: endpoint, rules. They are not shown as they grow then.',
      example: '[]',
      defaultNote: 'nothing: they are not checked',
    }),
    onFailure: setting(z.enum(['refuse', 'allow']).default('refuse'), {
      description:
        'What becomes of a text on which the endpoint gives no verdict: refuse tries again, and then tells the person that it could not be checked; allow lets it pass and says so in the log.',
      example: 'allow',
    }),
    endpoint,
    rules: z.record(category, rule).default({}),
  })
  .prefault({});
