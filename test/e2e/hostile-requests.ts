import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';

/** One request to an endpoint that anybody can reach. */
export interface HostileRequest {
  readonly target: 'slack' | 'webhook' | 'unknown';
  readonly method: string;
  readonly contentType: string | undefined;
  readonly proof: Proof;
  readonly body: Buffer;
}

/** How the request says where it comes from; only `valid` is true. */
export type Proof = 'none' | 'nonsense' | 'wrong secret' | 'stale' | 'future' | 'tampered' | 'valid';

/** Stands in every text that is not genuine: no model may ever get to see it. */
export const forgedMark = 'FORGED-TEXT';

const paths = { slack: '/slack/events', webhook: '/webhooks/desk', unknown: '/webhooks/nobody' } as const;

export function pathOf({ target }: HostileRequest): string {
  return paths[target];
}

const jsonTypes = ['application/json', 'application/json; charset=utf-8', 'Application/JSON'] as const;
const otherTypes = [
  undefined,
  '',
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
  'json',
  'application/jsonp',
  '\u00e9',
] as const;

const method = fc.oneof(
  { weight: 30, arbitrary: fc.constant('POST') },
  { weight: 1, arbitrary: fc.constantFrom('GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS') },
);
const contentType = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...jsonTypes) },
  { weight: 1, arbitrary: fc.constantFrom(...otherTypes) },
);
const forged = fc.constantFrom<Proof>('none', 'nonsense', 'wrong secret', 'stale', 'future', 'tampered');
const proof = fc.oneof({ weight: 3, arbitrary: forged }, { weight: 2, arbitrary: fc.constant<Proof>('valid') });

/** A text of any kind; where it is one, it bears the mark. */
const anything = (mark: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit: 'binary' }).map((text) => `${mark} ${text}`),
    fc.constantFrom(null, -1, 1e308, [], {}, '', `${mark} <@U0PARLEY01> hello`),
  );

const slackEvent = (mark: string): fc.Arbitrary<unknown> => {
  const any = anything(mark);
  const or = <Value>(usual: Value): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: any });
  const event = fc.record(
    {
      ...{
        type: fc.oneof(fc.constantFrom('message', 'app_mention', 'app_uninstalled', 'toString'), any),
        subtype: any,
        channel: or('C0001'),
      },
      ...{
        ts: or('1790000000.000100'),
        thread_ts: or('1790000000.000100'),
        user: or('U0001'),
        text: any,
        files: any,
        blocks: any,
        edited: any,
      },
      ...{ message: any, previous_message: any, channel_type: fc.constantFrom('channel', 'im', 7), bot_id: any, deleted_ts: any },
    },
    { requiredKeys: ['type'] },
  );
  return fc.record({
    type: or('event_callback'),
    team_id: or('T0PARLEY01'),
    event: fc.oneof({ weight: 6, arbitrary: event }, { weight: 1, arbitrary: any }),
    authorizations: any,
    event_id: any,
  });
};

const deskEvent = (mark: string): fc.Arbitrary<unknown> => {
  const any = anything(mark);
  return fc.record(
    {
      type: any,
      ticket: fc.oneof(fc.record({ id: any, subject: any }), any),
      comment: fc.oneof(fc.record({ text: any, author: any }), any),
    },
    { requiredKeys: [] },
  );
};

const treacherous = (mark: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.nat(5_000).map((depth) => '{"event":'.repeat(depth) + '1' + '}'.repeat(depth)),
    fc.nat(5_000).map((depth) => '['.repeat(depth)),
    fc.constantFrom(
      `{"__proto__":{"polluted":"${mark}"},"type":"event_callback"}`,
      `{"constructor":{"prototype":{"polluted":"${mark}"}}}`,
      `{"ticket":{"__proto__":{"id":"1"}},"comment":{"__proto__":{"text":"${mark}"}}}`,
      '{"type":"url_verification","challenge":{"toString":1}}',
      '{"a":1,"a":2,"":3}',
      '\uFEFF{}',
      'null',
      '[]',
      '""',
      '',
      '{"ticket":{"id":1e999}}',
    ),
  );

const body = (target: HostileRequest['target'], mark: string): fc.Arbitrary<Buffer> => {
  const shaped = (target === 'slack' ? slackEvent(mark) : deskEvent(mark)).map((value) => JSON.stringify(value));
  return fc.oneof(
    { weight: 8, arbitrary: shaped.map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: treacherous(mark).map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: fc.tuple(shaped, fc.nat(200)).map(([text, cut]) => Buffer.from(text.slice(0, cut))) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(shaped, fc.uint8Array({ minLength: 1, maxLength: 8 }))
        .map(([text, bytes]) => Buffer.concat([Buffer.from(text), bytes])),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  );
};

export const hostileRequest: fc.Arbitrary<HostileRequest> = fc
  .record({
    target: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom('slack' as const, 'webhook' as const) },
      { weight: 1, arbitrary: fc.constant('unknown' as const) },
    ),
    proof,
  })
  .chain(({ target, proof: given }) =>
    fc.record({
      target: fc.constant(target),
      proof: fc.constant(given),
      method,
      contentType,
      body: body(target, given === 'valid' ? 'genuine' : forgedMark),
    }),
  );

export interface Secrets {
  readonly slack: string;
  /** `whsec_` and base64. */
  readonly webhook: string;
}

/** The headers that go with it. `now` in ms since 1970, `id` a new one each time. */
export function toHeaders(
  request: HostileRequest,
  { secrets, now, id }: { readonly secrets: Secrets; readonly now: number; readonly id: string },
): Record<string, string> {
  const type: Record<string, string> = request.contentType === undefined ? {} : { 'content-type': request.contentType };
  const sign = request.target === 'slack' ? signForSlack : signForWebhook;
  return { ...type, ...sign(request, { secrets, now: now + shiftOf(request.proof), id }) };
}

function shiftOf(proof: Proof): number {
  if (proof === 'stale') return -301_000;
  return proof === 'future' ? 400_000 : 0;
}

interface Signing {
  readonly secrets: Secrets;
  readonly now: number;
  readonly id: string;
}

function signForSlack({ proof: given, body: bytes }: HostileRequest, { secrets, now }: Signing): Record<string, string> {
  if (given === 'none') return {};
  const time = String(Math.floor(now / 1000));
  if (given === 'nonsense') return { 'x-slack-request-timestamp': 'soon', 'x-slack-signature': 'v0=zz' };
  const key = given === 'wrong secret' ? 'another secret' : secrets.slack;
  const hmac = createHmac('sha256', key)
    .update(`v0:${time}:`)
    .update(given === 'tampered' ? '{"type":"other"}' : bytes);
  return { 'x-slack-request-timestamp': time, 'x-slack-signature': `v0=${hmac.digest('hex')}` };
}

function signForWebhook({ proof: given, body: bytes }: HostileRequest, { secrets, now, id }: Signing): Record<string, string> {
  if (given === 'none') return {};
  if (given === 'nonsense') return { 'webhook-id': id, 'webhook-timestamp': 'soon', 'webhook-signature': 'v1,zz v1a,zz' };
  const key =
    given === 'wrong secret' ? `whsec_${Buffer.from('another secret, not the right one').toString('base64')}` : secrets.webhook;
  const time = String(Math.floor(now / 1000));
  const content = given === 'tampered' ? '{"other":1}' : bytes;
  const digest = createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'))
    .update(`${id}.${time}.`)
    .update(content)
    .digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${digest}` };
}
