import type { SourceVerification } from '../verification.ts';
import { toAction } from './resolve-reply.ts';
import type { Settings } from './schema.ts';
import { toPost } from './webhook-post.ts';

type WebhookSettings = Settings['webhooks'][string];
type VerifySettings = WebhookSettings['verify'];

export interface WebhookConfig extends Omit<WebhookSettings, 'verify' | 'callback'> {
  /** How a request proves where it comes from; any of the secrets or public keys will do. */
  readonly verify: SourceVerification;
  readonly callback?: { readonly url: string; readonly timeoutSeconds: number; readonly secrets: readonly string[] } | undefined;
}

interface WebhookSettingsAround {
  readonly webhooks: Readonly<Record<string, WebhookConfig>>;
  readonly server: Settings['server'];
}

/** One secret or several become a list of them. Expects settings without conflicts. */
export function resolveWebhook({ verify, callback, ...source }: WebhookSettings): WebhookConfig {
  const checked = { ...source, verify: resolveVerification(verify) };
  if (!callback) return checked;
  const { url, timeoutSeconds } = callback;
  return { ...checked, callback: { url, timeoutSeconds, secrets: listOf(callback.secret, callback.secrets) } };
}

function resolveVerification(verify: VerifySettings): SourceVerification {
  if (verify.scheme === 'mtls') return verify;
  if (verify.scheme === 'publicKey') {
    const { publicKey, publicKeys, ...proof } = verify;
    return { ...proof, publicKeys: listOf(publicKey, publicKeys) };
  }
  const { secret, secrets, ...proof } = verify;
  const shared = listOf(secret, secrets);
  if (proof.scheme === 'jwt')
    return { ...proof, secrets: shared, algorithms: proof.algorithms ?? defaultAlgorithms(proof.jwksUrl) };
  if (proof.scheme !== 'standard') return { ...proof, secrets: shared };
  const { publicKey, publicKeys, ...standard } = proof;
  const keys = listOf(publicKey, publicKeys);
  return { ...standard, secrets: shared, ...(keys.length > 0 ? { publicKeys: keys } : {}) };
}

/** Of the two kinds never both: a public key must not serve as a secret. */
function defaultAlgorithms(jwksUrl: string | undefined): readonly string[] {
  return jwksUrl === undefined ? ['HS256'] : ['RS256', 'PS256', 'ES256', 'EdDSA'];
}

function listOf(one: string | undefined, several: readonly string[] | undefined): readonly string[] {
  return several ?? (one === undefined ? [] : [one]);
}

/** As the adapter takes it. */
export function toWebhookSource(name: string, { callback, reply, post, cacheMinutes: _, ...source }: WebhookConfig) {
  return {
    ...{ name, ...source },
    ...(callback
      ? { callback: { url: callback.url, secrets: callback.secrets, timeoutMs: callback.timeoutSeconds * 1_000 } }
      : {}),
    ...(reply ? { reply: toAction(reply) } : {}),
    ...(post ? { post: toPost(post) } : {}),
  };
}

/** What the adapter is told, besides its way out. */
export function toWebhookOptions({ webhooks, server: { maxBodyBytes, publicUrl, trustProxy } }: WebhookSettingsAround) {
  const sources = Object.entries(webhooks).map(([name, source]) => toWebhookSource(name, source));
  return { sources, maxBodyBytes, publicUrl, trustProxy };
}
