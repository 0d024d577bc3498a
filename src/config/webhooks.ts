import { z } from 'zod';
import { secretText, setting, signingKey, text, url } from './setting.ts';

const template = text.max(4000);

const toleranceSeconds = setting(z.number().positive().max(86_400).default(300), {
  description: 'How far the timestamp of a request may be from now, before or after.',
  example: '300',
});

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
  scheme: z.literal('standard'),
  ...secretsOf(signingKey),
  toleranceSeconds,
});

const hmac = z.strictObject({
  scheme: z.literal('hmac'),
  ...secretsOf(secretText.min(8, 'must have at least 8 characters')),
  header: setting(text, { description: 'hmac: the header that carries the signature.', example: 'x-hub-signature-256' }),
  algorithm: setting(z.enum(['sha256', 'sha512', 'sha1']).default('sha256'), {
    description: 'hmac: the hash function.',
    example: 'sha256',
  }),
  encoding: setting(z.enum(['hex', 'base64']).default('hex'), { description: 'hmac: how the signature is written.', example: 'hex' }),
  prefix: setting(text.default(''), { description: 'hmac: what stands before the signature in the header.', example: 'sha256=' }),
  signed: setting(
    text.regex(/\{body\}/, 'must contain {body}: what does not cover the body proves nothing').default('{body}'),
    { description: 'hmac: what is signed, made of {body}, {timestamp} and any other text.', example: '{timestamp}.{body}' },
  ),
  timestampHeader: setting(text.optional(), {
    description: 'hmac: the header that carries the time of sending. Needed when {timestamp} is signed.',
    example: 'x-request-timestamp',
  }),
  timestampUnit: setting(z.enum(['seconds', 'milliseconds', 'iso']).default('seconds'), {
    description: 'hmac: how that time is written.',
    example: 'seconds',
  }),
  toleranceSeconds,
});

const bearer = z.strictObject({
  scheme: z.literal('bearer'),
  ...secretsOf(secretText.min(8, 'must have at least 8 characters')),
  header: setting(text.default('authorization'), { description: 'bearer: the header that carries the token.', example: 'x-api-key' }),
  prefix: setting(text.optional(), {
    description: 'bearer: what stands before the token in the header.',
    example: 'Token ',
    defaultNote: '"Bearer " in the header authorization, nothing in others',
  }),
});

const callback = z.strictObject({
  url: setting(url, {
    description: 'Where answers are sent to. A query string is not shown by `parley config`.',
    example: 'https://desk.example.com/replies',
  }),
  secret: setting(signingKey, {
    secret: true,
    description: 'Signs the answers by Standard Webhooks.',
    example: '${TICKETS_CALLBACK_SECRET}',
  }),
  timeoutSeconds: setting(z.number().positive().max(120).default(15), {
    description: 'How long one attempt may take.',
    example: '15',
  }),
});

const source = z.strictObject({
  verify: z.discriminatedUnion('scheme', [standard, hmac, bearer]),
  eventId: setting(template.optional(), {
    description: 'The id by which a second delivery of the same event is recognised.',
    example: '{{event.id}}',
    defaultNote: 'the header webhook-id, else a digest of the body',
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
    example: 'tickets',
  },
);

export type WebhookSettings = z.output<typeof source>;
