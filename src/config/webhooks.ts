import { z } from 'zod';
import { compileTemplate } from '../template.ts';
import { network } from './network.ts';
import { count, headerName, setting, signingKey, text, url } from './setting.ts';
import { reply } from './webhook-reply.ts';
import { post } from './webhook-post.ts';
import { verification } from './webhook-verify.ts';

const template = text.max(4000).superRefine((value, context) => {
  try {
    compileTemplate(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `cannot be used: ${error instanceof Error ? error.message : String(error)}` });
  }
});

/** What is wrong with an expression is found when all settings are there (webhook-expressions.ts). */
const expression = text.min(1).max(10_000);
const jsonata = z.strictObject({ jsonata: expression });
const liquid = z.strictObject({ liquid: expression });
const mapped = z.union([template, jsonata], { error: 'must be a text with gaps, or { jsonata: "..." }' });
const mappedText = z.union([template, jsonata, liquid], {
  error: 'must be a text with gaps, { jsonata: "..." } or { liquid: "..." }',
});

const callback = z.strictObject({
  url: setting(url, {
    description: 'Where answers are sent to. A query string is not shown by `parley config`.',
    example: 'https://desk.example.com/replies',
  }),
  secret: setting(signingKey.optional(), {
    secret: true,
    description: 'Signs the answers by Standard Webhooks.',
    example: '${TICKETS_CALLBACK_SECRET}',
  }),
  secrets: setting(z.array(signingKey).min(1).optional(), {
    secret: true,
    description:
      'Several secrets in place of one: answers carry a signature by each, so that the receiver can change its secret without a gap.',
    example: '["${TICKETS_CALLBACK_SECRET}", "${TICKETS_OLD_CALLBACK_SECRET}"]',
  }),
  timeoutSeconds: setting(z.number().positive().max(120).default(15), {
    description: 'How long one attempt may take.',
    example: '15',
  }),
});

const source = z.strictObject({
  preset: setting(text.optional(), {
    description:
      'Takes what follows from the preset of this name (`parley webhook presets`). What is set here beside it counts more; `reply: false` does without its reply.',
    example: 'zendesk',
  }),
  with: z
    .record(
      z.string(),
      setting(text.min(1), { secret: true, description: 'What the preset asks for, by name.', example: '${ZENDESK_TOKEN}' }),
    )
    .optional(),
  verify: setting(verification, {
    description: 'How a request proves where it comes from.',
    example: '{ scheme: standard, secret: "${TICKETS_SECRET}" }',
  }),
  requireHttps: setting(z.boolean().default(true), {
    description:
      'Whether to refuse what came over a network in clear. What comes from this machine is taken; behind a proxy see server.trustProxy.',
    example: 'false',
  }),
  allowFrom: setting(z.array(network).min(1).optional(), {
    description: 'The addresses and networks that may send. Behind a proxy set server.trustProxy, or all seem to come from that.',
    example: '["203.0.113.0/24", "2001:db8::/32"]',
    defaultNote: 'all',
  }),
  rateLimit: z
    .strictObject({
      requests: setting(count.max(1_000_000), {
        description:
          'How many genuine requests are taken in perSeconds, and at once. More are answered with 429 and Retry-After.',
        example: '120',
      }),
      perSeconds: setting(z.number().positive().max(86_400).default(60), {
        description: 'In which time.',
        example: '60',
      }),
    })
    .optional(),
  turnsPerHour: setting(count.max(100_000).default(100), {
    description:
      'How many events of one conversation are answered within an hour. More are recorded as refused: a desk whose automation answers every answer would never stop.',
    example: '20',
  }),
  maxBodyBytes: setting(
    z
      .int()
      .min(1024)
      .max(64 * 1024 * 1024)
      .optional(),
    {
      description: 'The largest body that this source may send, in bytes.',
      example: '65536',
      defaultNote: 'server.maxBodyBytes',
    },
  ),
  maxDepth: setting(count.max(1000).default(100), {
    description: 'How deep JSON may be nested.',
    example: '20',
  }),
  body: setting(z.enum(['json', 'form']).default('json'), {
    description: 'What its bodies are. Each field of a form is a text, or a list of texts where it comes several times.',
    example: 'form',
  }),
  handshake: z
    .strictObject({
      header: setting(headerName.optional(), {
        description:
          'Before its first event the sender asks for the value of this header: a genuine request gets it back as {"challenge": "..."}.',
        example: 'x-front-challenge',
      }),
      form: setting(text.max(100).optional(), {
        description:
          'Before its first event the sender posts a form with this field alone and a number in it, without any proof, and wants a 200.',
        example: 'webhook_id',
      }),
    })
    .optional(),
  when: z
    .strictObject({
      jsonata: setting(expression, {
        description:
          'Whether an event is a question: a JSONata expression that gives true or false. What is none is taken and recorded as ignored.',
        example: 'action = "created" and comment.public',
        defaultNote: 'every event is one',
      }),
    })
    .optional(),
  eventId: setting(mapped.optional(), {
    description: 'The id by which a second delivery of the same event is recognised.',
    example: '{{event.id}}',
    defaultNote:
      'the id that is signed, where one is; where nothing but a credential is sent the header webhook-id or idempotency-key; else a digest of the body',
  }),
  conversation: setting(mapped.default('{{conversation}}'), {
    description: 'What belongs to one conversation has the same text here.',
    example: '{{ticket.id}}',
  }),
  text: setting(mappedText.default('{{text}}'), {
    description: 'What was said.',
    example: '{{ticket.subject}}: {{comment.body}}',
  }),
  author: setting(mapped.optional(), { description: 'The name of who said it.', example: '{{requester.name}}' }),
  authorId: setting(mapped.optional(), { description: 'The id of who said it.', example: '{{requester.id}}' }),
  own: z
    .strictObject({
      authorIds: setting(z.array(text.min(1)).min(1).optional(), {
        description:
          'Who the bot is at the sender, by its ids there as authorId gives them: its own comments are ignored when they come back.',
        example: '["4711"]',
      }),
      messageId: setting(template.optional(), {
        description:
          'The id of a comment, or what the sender keeps of the id that an answer came with (data.id): a comment with the id of an answer is ignored.',
        example: '{{comment.external_id}}',
      }),
      mark: setting(z.enum(['none', 'visible', 'invisible']).default('none'), {
        description:
          'Whether answers carry their id at their end, so that they are known whatever else is lost: as [parley:...], or in characters without width.',
        example: 'invisible',
      }),
    })
    .optional(),
  keep: z
    .record(
      z.string().regex(/^[A-Za-z]\w{0,39}$/, 'must be made of letters, digits and _'),
      setting(template, {
        description: 'What the reply needs of the event beside its conversation: {{keep.NAME}} there. At most 1,000 characters.',
        example: '{{ticket.requester.phone}}',
      }),
    )
    .optional(),
  cacheMinutes: setting(count.max(525_600).optional(), {
    description:
      'How long an answer of an AI model is given again to the same question, where nothing was said before in its conversation and nothing but the question is looked at.',
    example: '60',
    defaultNote: 'every question is asked of the model',
  }),
  callback: callback.optional(),
  reply: reply.optional(),
  post: post.optional(),
});

export const webhooks = setting(
  z
    .record(z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'must be made of a-z, 0-9 and - (at most 64)'), source)
    .default({}),
  {
    description: 'The senders of webhooks, by name. NAME receives its events at /webhooks/NAME.',
    example: '{ tickets: { verify: { scheme: standard, secret: "${TICKETS_SECRET}" } } }',
  },
);
