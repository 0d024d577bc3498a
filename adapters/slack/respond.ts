import { hkdfSync } from 'node:crypto';
import type { Clock } from '../../src/clock.ts';
import { DeliveryError } from '../../src/errors.ts';
import { createSecretBox } from '../../src/secret-box.ts';
import type { SecretBox } from '../../src/secret-box.ts';
import { reasonOf } from './unreachable.ts';
import { isRecord } from './receive.ts';

/**
 * The `response_url` of a command or shortcut: for 30 minutes and 5 messages whoever has it can write to that channel as the app, also where the bot is no
 * member. It is sealed before it is stored, with a key made of what proves Slack's requests to us.
 * See https://docs.slack.dev/interactivity/handling-user-interaction#message_responses.
 */
export interface Responder {
  /** Text that can be stored; undefined where it is no address of Slack's. */
  seal(url: string, place: ResponsePlace): string | undefined;
  /** False where it is used up, too old or not ours any more: then nothing was shown. Throws DeliveryError where that is not certain or may change. */
  respond(sealed: string, response: Response, signal: AbortSignal): Promise<boolean>;
}

export interface ResponsePlace {
  readonly channel: string;
  readonly userId: string;
}

interface Response {
  readonly place: ResponsePlace;
  readonly content: Readonly<Record<string, unknown>>;
  readonly isPrivate: boolean;
}

export interface ResponderOptions {
  /** The signing secret, or the app-level token. */
  readonly secret: string;
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
  readonly clock: Clock;
}

const lifeMs = 30 * 60_000;
/** A request that begins just before the end comes too late. */
const marginMs = 5_000;
const maxUses = 5;
const maxKept = 1_000;

export function createResponder({ secret, apiUrl, fetch: given = fetch, clock }: ResponderOptions): Responder {
  let box: SecretBox | undefined;
  const uses = new Map<string, number>();
  const boxOf = (): SecretBox => (box ??= createSecretBox(`url:${toKey(secret)}`));

  function open(sealed: string, place: ResponsePlace): string | undefined {
    try {
      const stored: unknown = JSON.parse(boxOf().open(sealed, contextOf(place)));
      if (!isRecord(stored) || typeof stored['url'] !== 'string' || typeof stored['at'] !== 'number') return undefined;
      const isAlive = clock.now() - stored['at'] < lifeMs - marginMs && (uses.get(stored['url']) ?? 0) < maxUses;
      return isAlive && isOfSlack(stored['url'], apiUrl) ? stored['url'] : undefined;
    } catch {
      return undefined; // Sealed with another secret, before it was changed.
    }
  }

  return {
    seal: (url, place) =>
      isOfSlack(url, apiUrl) ? boxOf().seal(JSON.stringify({ url, at: clock.now() }), contextOf(place)) : undefined,
    respond: async (sealed, { place, content, isPrivate }, signal) => {
      const url = open(sealed, place);
      if (url === undefined) return false;
      const [oldest] = uses.keys();
      if (uses.size >= maxKept && oldest !== undefined) uses.delete(oldest);
      uses.set(url, (uses.get(url) ?? 0) + 1);
      const body = JSON.stringify({ response_type: isPrivate ? 'ephemeral' : 'in_channel', replace_original: false, ...content });
      const headers = { 'content-type': 'application/json; charset=utf-8' };
      const response = await given(url, { method: 'POST', headers, body, redirect: 'error', signal }).catch((error: unknown) => {
        throw toError(`it failed: ${reasonOf(error)}`, { uncertain: true });
      });
      await response.body?.cancel();
      if (response.status === 429) throw toError('Slack asks to wait', { retryAfterMs: waitOf(response) });
      if (response.status >= 500) throw toError(`it was answered with HTTP ${response.status}`, { uncertain: true });
      return response.ok;
    },
  };
}

function toError(
  what: string,
  { uncertain = false, retryAfterMs }: { uncertain?: boolean; retryAfterMs?: number },
): DeliveryError {
  return new DeliveryError({ message: `response_url: ${what}.`, retryable: true, uncertain, retryAfterMs });
}

function waitOf({ headers }: globalThis.Response): number {
  const seconds = Number(headers.get('retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 1_000;
}

/** The payload is signed, but what Parley calls is decided here. Where another address stands in for Slack, its own counts. */
function isOfSlack(url: string, apiUrl: string | undefined): boolean {
  const address = URL.parse(url);
  if (!address || url.length > 500) return false;
  if (address.protocol === 'https:' && address.hostname === 'hooks.slack.com' && address.port === '') return true;
  return apiUrl !== undefined && new URL(apiUrl).host !== 'slack.com' && address.origin === new URL(apiUrl).origin;
}

function contextOf({ channel, userId }: ResponsePlace): string {
  return `slack response ${channel} ${userId}`;
}

function toKey(secret: string): string {
  return Buffer.from(hkdfSync('sha256', secret, '', 'parley slack response_url', 32)).toString('base64');
}
