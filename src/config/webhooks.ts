import { z } from 'zod';
import { compileTemplate } from '../template.ts';
import { secretText, setting, signingKey, text, url } from './setting.ts';

const template = text.max(4000).superRefine((value, context) => {
  try {
    compileTemplate(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `cannot be used: ${error instanceof Error ? error.message : String(error)}` });
  }
});

const toleranceSeconds = setting(z.number().positive().max(86_400).default(300), {
  description: 'How far the timestamp of a request may be from now, before or after.',
  example: '300',
});

function scheme<Name extends string>(name: Name) {
  return setting(z.literal(name), {
    description:
      'How a request proves where it comes from: `standard` (Standard Webhooks), `hmac` (a signature in a header) or `bearer` (a token).',
    example: 'standard',
  });
}

function secretsOf(secret: z.ZodString) {
  return {
    secret: setting(secret.optional(), {
      secret: true,
      description: 'The secret that is shared with the sender.',
      example: '${TICKETS_SECRET}',
    }),
    secrets: setting(z.array(secret).min(1).optional(), {
      secret: true,
      description: 'Several secrets in place of one, all of them valid: for changing a secret without a gap.',
      example: '["${TICKETS_SECRET}", "${TICKETS_OLD_SECRET}"]',
    }),
  };
}

const standard = z.strictObject({
  scheme: scheme('standard'),
  ...secretsOf(signingKey),
  toleranceSeconds,
});

const hmac = z.strictObject({
  scheme: scheme('hmac'),
  ...secretsOf(secretText.min(8, 'must have at least 8 characters')),
  header: setting(text, { description: 'hmac: the header that carries the signature.', example: 'x-hub-signature-256' }),
  algorithm: setting(z.enum(['sha256', 'sha512', 'sha1']).default('sha256'), {
    description: 'hmac: the hash function.',
    example: 'sha256',
  }),
  encoding: setting(z.enum(['hex', 'base64']).default('hex'), {
    description: 'hmac: how the signature is written.',
    example: 'hex',
  }),
  prefix: setting(text.default(''), { description: 'hmac: what stands before the signature in the header.', example: 'sha256=' }),
  signed: setting(text.regex(/\{body\}/, 'must contain {body}: what does not cover the body proves nothing').default('{body}'), {
    description: 'hmac: what is signed, made of {body}, {timestamp} and any other text.',
    example: '{timestamp}.{body}',
  }),
  timestampHeader: setting(text.optional(), {
    description: 'hmac: the header that carries the time of sending. Needed when {timestamp} is signed.',
    example: 'x-request-timestamp',
  }),
  timestampUnit: setting(z.enum(['s', 'ms']).default('s'), {
    description: 'hmac: whether that time is given in seconds or in milliseconds since 1970.',
    example: 'ms',
  }),
  toleranceSeconds,
});

const bearer = z.strictObject({
  scheme: scheme('bearer'),
  ...secretsOf(secretText.min(8, 'must have at least 8 characters')),
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
  verify: setting(z.discriminatedUnion('scheme', [standard, hmac, bearer]), {
    description: 'How a request proves where it comes from.',
    example: '{ scheme: standard, secret: "${TICKETS_SECRET}" }',
  }),
  eventId: setting(template.optional(), {
    description: 'The id by which a second delivery of the same event is recognised.',
    example: '{{event.id}}',
    defaultNote:
      'the webhook-id that is signed (standard), the header webhook-id or idempotency-key (bearer), else a digest of the body',
  }),
  conversation: setting(template.default('{{conversation}}'), {
    description: 'What belongs to one conversation has the same text here.',
    example: '{{ticket.id}}',
  }),
  text: setting(template.default('{{text}}'), { description: 'What was said.', example: '{{ticket.subject}}: {{comment.body}}' }),
  author: setting(template.optional(), { description: 'The name of who said it.', example: '{{requester.name}}' }),
  authorId: setting(template.optional(), { description: 'The id of who said it.', example: '{{requester.id}}' }),
  callback: callback.optional(),
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
