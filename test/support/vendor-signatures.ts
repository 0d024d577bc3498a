import { createHmac } from 'node:crypto';
import { sign as signGithub } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import twilio from 'twilio';

export interface Unsigned {
  readonly body: string;
  /** ms since 1970. */
  readonly now: number;
  readonly url: string;
}

type Sign = (secret: string, unsigned: Unsigned) => Record<string, string> | Promise<Record<string, string>>;

/** How each vendor proves where a request comes from: by its own library where there is one, else by the formula of its documentation. */
export const vendorSignatures: Readonly<Record<string, Sign>> = {
  'standard-webhooks': (secret, { body, now }) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', new Date(now), body),
  }),
  stripe: (secret, { body, now }) => ({
    'stripe-signature': Stripe.webhooks.generateTestHeaderString({
      payload: body,
      secret,
      timestamp: Math.floor(now / 1000),
    }),
  }),
  github: async (secret, { body }) => ({ 'x-hub-signature-256': await signGithub(secret, body) }),
  'twilio-sms': (secret, { body, url }) => ({
    'x-twilio-signature': twilio.getExpectedTwilioSignature(secret, url, Object.fromEntries(new URLSearchParams(body))),
  }),
  zendesk: (secret, { body, now }) => {
    const timestamp = new Date(now).toISOString();
    return {
      'x-zendesk-webhook-signature-timestamp': timestamp,
      'x-zendesk-webhook-signature': hmac('sha256', secret, timestamp + body).toString('base64'),
    };
  },
  intercom: (secret, { body }) => ({ 'x-hub-signature': `sha1=${hmac('sha1', secret, body).toString('hex')}` }),
  jira: (secret, { body }) => ({ 'x-hub-signature': `sha256=${hmac('sha256', secret, body).toString('hex')}` }),
  linear: (secret, { body }) => ({ 'linear-signature': hmac('sha256', secret, body).toString('hex') }),
  helpscout: (secret, { body }) => ({ 'x-helpscout-signature': hmac('sha1', secret, body).toString('base64') }),
  front: (secret, { body, now }) => ({
    'x-front-request-timestamp': String(now),
    'x-front-signature': hmac('sha256', secret, `${now}:${body}`).toString('base64'),
  }),
  chatwoot: (secret, { body, now }) => {
    const timestamp = Math.floor(now / 1000);
    return {
      'x-chatwoot-timestamp': String(timestamp),
      'x-chatwoot-signature': `sha256=${hmac('sha256', secret, `${timestamp}.${body}`).toString('hex')}`,
    };
  },
  zammad: (secret, { body }) => ({ 'x-hub-signature': `sha1=${hmac('sha1', secret, body).toString('hex')}` }),
  shopify: (secret, { body }) => ({ 'x-shopify-hmac-sha256': hmac('sha256', secret, body).toString('base64') }),
  woocommerce: (secret, { body }) => ({ 'x-wc-webhook-signature': hmac('sha256', secret, body).toString('base64') }),
  pagerduty: (secret, { body }) => ({
    // Two of them while a secret is exchanged.
    'x-pagerduty-signature': `v1=${'0'.repeat(64)},v1=${hmac('sha256', secret, body).toString('hex')}`,
  }),
  typeform: (secret, { body }) => ({ 'typeform-signature': `sha256=${hmac('sha256', secret, body).toString('base64')}` }),
  freshdesk: (secret) => ({ 'x-parley-key': secret }),
  hubspot: (secret) => ({ 'x-parley-key': secret }),
  gitlab: (secret) => ({ 'x-gitlab-token': secret }),
  salesforce: (secret) => ({ authorization: `Bearer ${secret}` }),
};

function hmac(algorithm: string, secret: string, text: string): Buffer {
  return createHmac(algorithm, secret).update(text).digest();
}
