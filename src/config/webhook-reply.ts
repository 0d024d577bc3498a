import { z } from 'zod';
import { count, headerName, secretText, setting, text, url } from './setting.ts';

export const template = text.max(20_000);
/** Keys of an object, joined by dots. */
const path = text.max(200);

const secret = setting(secretText.optional(), {
  secret: true,
  description:
    'The key (apiKey), token (bearer), password (basic), client secret (oauth2), or what tokens are signed with (jwt: a secret, or a private key in PEM).',
  example: '${DESK_TOKEN}',
});

function scheme<Name extends string>(name: Name) {
  return setting(z.literal(name), {
    description:
      'How Parley proves who it is: `apiKey` (a header), `bearer`, `basic`, `oauth2` (client credentials) or `jwt` (a token signed for each request).',
    example: 'basic',
  });
}

const audience = setting(text.optional(), {
  description: 'oauth2, jwt: whom the token is for.',
  example: 'https://desk.example.com',
});

export const auth = z.discriminatedUnion('scheme', [
  z.strictObject({
    scheme: scheme('apiKey'),
    secret,
    header: setting(headerName.default('x-api-key'), { description: 'apiKey: the header.', example: 'x-api-key' }),
  }),
  z.strictObject({ scheme: scheme('bearer'), secret }),
  z.strictObject({
    scheme: scheme('basic'),
    secret,
    username: setting(text.regex(/^[^:]*$/, 'must not contain a colon'), {
      secret: true,
      description: 'basic: the name; some APIs take a key in its place.',
      example: 'bot@example.com/token',
    }),
  }),
  z.strictObject({
    scheme: scheme('oauth2'),
    secret,
    tokenUrl: setting(url, {
      description: 'oauth2: where tokens are given out.',
      example: 'https://login.example.com/oauth/token',
    }),
    clientId: setting(text, { description: 'oauth2: the id of the client.', example: 'parley' }),
    scope: setting(text.optional(), { description: 'oauth2: what the token is to allow.', example: 'tickets.write' }),
    audience,
    clientAuth: setting(z.enum(['basic', 'body']).default('basic'), {
      description: 'oauth2: whether id and secret are sent by HTTP Basic or in the body.',
      example: 'body',
    }),
  }),
  z.strictObject({
    scheme: scheme('jwt'),
    secret,
    algorithm: setting(z.enum(['HS256', 'HS384', 'HS512', 'RS256', 'PS256', 'ES256', 'EdDSA']).default('HS256'), {
      description: 'jwt: how tokens are signed.',
      example: 'RS256',
    }),
    keyId: setting(text.optional(), { description: 'jwt: the id of the key (kid).', example: 'k1' }),
    issuer: setting(text.optional(), { description: 'jwt: who signs (iss).', example: 'parley' }),
    subject: setting(text.optional(), { description: 'jwt: on whose behalf (sub).', example: 'bot@example.com' }),
    audience,
    lifetimeSeconds: setting(count.max(3600).default(60), {
      description: 'jwt: how long a token is good for.',
      example: '60',
    }),
  }),
]);

const find = z.strictObject({
  url: setting(template, {
    description: 'A GET of the newest comments, on the host of the reply; a template.',
    example: 'https://acme.zendesk.com/api/v2/tickets/{{conversation}}/comments.json?sort_order=desc',
  }),
  items: setting(path.optional(), {
    description: 'Where in its JSON the list of comments stands.',
    example: 'comments',
    defaultNote: 'it is the list',
  }),
  text: setting(path.optional(), {
    description: 'Where in a comment the text stands that holds the id of the answer.',
    example: 'body',
    defaultNote: 'anywhere',
  }),
  id: setting(path.default('id'), { description: 'Where in a comment its own id stands.', example: 'id' }),
});

export const tls = z.strictObject({
  cert: setting(text.optional(), { description: 'The client certificate, in PEM.', example: '${DESK_CERT}' }),
  key: setting(text.optional(), { secret: true, description: 'Its private key, in PEM.', example: '${DESK_KEY}' }),
  ca: setting(text.optional(), {
    description: "Who has to have signed the desk's certificate, in PEM.",
    example: '${DESK_CA}',
    defaultNote: 'the authorities that Node.js knows',
  }),
});

/** How answers become comments by somebody else's API. */
export const reply = z.strictObject({
  method: setting(z.enum(['POST', 'PUT', 'PATCH']).default('POST'), {
    description: 'The method of the request.',
    example: 'PUT',
  }),
  url: setting(template, {
    description: 'Where answers are sent to; a template in what follows the host. What it fills in is percent-encoded.',
    example: 'https://acme.zendesk.com/api/v2/tickets/{{conversation}}.json',
  }),
  headers: z
    .record(
      headerName,
      setting(template, {
        description: 'A header of the request; a template. Credentials belong into auth.',
        example: '{{id}}',
      }),
    )
    .default({}),
  json: setting(template.optional(), {
    description: 'The body as JSON, in which every text is a template of its own.',
    example: `'{ "body": "{{text}}" }'`,
  }),
  form: z
    .record(
      z.string(),
      setting(template, { description: 'A field of the body, which is a form then; a template.', example: '{{text}}' }),
    )
    .optional(),
  text: setting(template.optional(), { description: 'The body as a text; a template.', example: '{{text}}' }),
  contentType: setting(text.max(200).default('text/plain; charset=utf-8'), {
    description: 'What such a text is.',
    example: 'text/markdown',
  }),
  expectStatus: setting(z.array(z.int().min(200).max(599)).min(1).optional(), {
    description: 'The statuses that mean that the comment stands.',
    example: '[201]',
    defaultNote: '200 to 299',
  }),
  errors: setting(path.optional(), {
    description: 'Where in the JSON of a response errors stand that mean that there is no comment, whatever the status.',
    example: 'errors',
  }),
  duplicate: setting(text.min(3).max(200).optional(), {
    description: 'What a refusal says when the comment stands already, for APIs that take {{id}} or {{uuid}} once.',
    example: 'already exists',
  }),
  receipt: setting(path.optional(), {
    description: 'Where in the JSON of the response the id of the comment stands.',
    example: 'audit.id',
  }),
  idempotencyHeader: setting(headerName.default('idempotency-key'), {
    description: 'The header that carries the id of the answer, which is the same on every attempt.',
    example: 'x-request-id',
  }),
  maxLength: setting(z.int().min(40).max(1_000_000).optional(), {
    description: 'The longest text that one comment takes. A longer answer becomes several.',
    example: '1600',
    defaultNote: 'any length',
  }),
  timeoutSeconds: setting(z.number().positive().max(120).default(15), {
    description: 'How long one attempt may take, and one look.',
    example: '15',
  }),
  find: find.optional(),
  auth: auth.optional(),
  tls: tls.optional(),
});
