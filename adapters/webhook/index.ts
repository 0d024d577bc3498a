import type { Adapter, AdapterContext } from '../../src/adapter.ts';
import { ConfigError, DeliveryError, describeError, withUncertainty } from '../../src/errors.ts';
import type { OutboundMessage } from '../../src/message.ts';
import { addMark } from '../../src/own-message.ts';
import { splitMarkdown } from '../../src/split.ts';
import { systemClock } from '../../src/clock.ts';
import { signStandard } from '../../src/signature.ts';
import { sharedSecrets } from '../../src/verification.ts';
import { Answers } from './answers.ts';
import { checkWays } from './check.ts';
import type { Expressions } from '../../src/expression.ts';
import { loadJobKey } from './job-key.ts';
import { createOutbound } from '../../src/outbound.ts';
import { createOriginReader } from './origin.ts';
import { createReceiver } from './receiver.ts';
import type { Receiver } from './receiver.ts';
import { createRouter } from './router.ts';
import { createReplyWay } from './replies.ts';
import type { ReplyParts, ReplyWay } from './replies.ts';
import type { WebhookOptions, WebhookSource } from './source.ts';

export type { WebhookCallback, WebhookOptions, WebhookSource } from './source.ts';

/**
 * Signed webhooks in, answers out: to the source's callback, in the response of a caller that waits, as server-sent events, or by asking
 * for the job. Throws a ConfigError that names the source and key where the options cannot be used.
 */
export function createWebhookAdapter(options: WebhookOptions): Adapter {
  const { maxBodyBytes, publicUrl = '', trustProxy = false, createAction } = options;
  const outbound = createOutbound(options.openFetch);
  const fetch: typeof globalThis.fetch = (input, init) => outbound.fetchBy()(input, init);
  const needsKey = options.sources.some(({ verify }) => sharedSecrets(verify).length === 0);
  let receivers = createReceivers(options.sources, { fetch, jobKey: '' });
  checkReplies(options.sources, { outbound, clock: systemClock, createAction });
  let state: Running | undefined;

  function running(): Running {
    if (state) return state;
    throw notRunning();
  }

  return {
    name: 'webhook',
    start: async (context) => {
      if (needsKey && !state) receivers = createReceivers(options.sources, { fetch, jobKey: await loadJobKey(context) });
      state ??= {
        ...{ context, answers: new Answers(context), expressions: options.createExpressions(context) },
        ways: createWays(options.sources, { outbound, clock: context.clock, createAction }),
      };
      context.log.info('webhooks are taken', { sources: [...receivers.keys()] });
    },
    stop: async () => {
      const stopped = state;
      state = undefined;
      stopped?.answers.stop();
      await stopped?.expressions.stop();
      await outbound.close();
    },
    send: async (message, signal) => {
      const { answers, ways } = running();
      // The answer is committed, so that whoever waits may have it, whatever becomes of the way out.
      answers.announce(message.conversationId);
      const { mark = 'none' } = receivers.get(message.tenant)?.source.own ?? {};
      const marked = mark === 'none' ? message : { ...message, text: addMark(message.text, message.id, mark) };
      return wayOf(ways, message).send(marked, signal);
    },
    find: async (message, signal) => {
      if (!state) throw withUncertainty(notRunning(), true);
      return state.ways.get(message.tenant)?.find(message, signal);
    },
    split: (text, _opened, to) => {
      const maxLength = options.sources.find(({ name }) => name === to?.['source'])?.reply?.maxLength;
      return maxLength === undefined ? [text] : splitMarkdown(text, maxLength);
    },
    check: async (signal) => checkWays(options.sources, { outbound, clock: systemClock, createAction }, signal),
    stream: (opening) => running().answers.openStream(opening),
    router: () => {
      const readOrigin = createOriginReader(trustProxy);
      return createRouter({ receivers: () => receivers, maxBodyBytes, publicUrl, readOrigin, running: () => state });
    },
  };
}

interface Running {
  readonly context: AdapterContext;
  readonly answers: Answers;
  readonly expressions: Expressions;
  readonly ways: ReadonlyMap<string, ReplyWay>;
}

function notRunning(): DeliveryError {
  return new DeliveryError({ message: 'The webhook adapter is not running.', retryable: true, uncertain: false });
}

function createWays(sources: readonly WebhookSource[], parts: ReplyParts): Running['ways'] {
  return new Map(sources.map((source) => [source.name, createReplyWay(source, parts)]));
}

function wayOf(ways: Running['ways'], { tenant }: OutboundMessage): ReplyWay {
  const way = ways.get(tenant);
  if (way) return way;
  const detail = `The source "${tenant}" is not configured any more. Configure it again, or discard the answer.`;
  throw new DeliveryError({ message: detail, retryable: false, uncertain: false });
}

type ReceiverParts = Parameters<typeof createReceiver>[1];

function createReceivers(sources: readonly WebhookSource[], parts: ReceiverParts): ReadonlyMap<string, Receiver> {
  const receivers = new Map<string, Receiver>();
  const problems: string[] = [];
  for (const source of sources) {
    const { name, callback } = source;
    if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(name))
      problems.push(`webhooks.${name}: use letters, digits, ".", "_" and "-". For example: webhooks: { tickets: ... }`);
    else if (receivers.has(name))
      problems.push(`webhooks.${name}: there is another source of this name. Give each a name of its own`);
    problems.push(...problemsOf(`webhooks.${name}.callback`, () => callback && checkCallback(callback)));
    problems.push(...problemsOf(`webhooks.${name}.verify`, () => receivers.set(name, createReceiver(source, parts))));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return receivers;
}

function checkReplies(sources: readonly WebhookSource[], parts: ReplyParts): void {
  const problems = sources.flatMap((source) => problemsOf(`webhooks.${source.name}.reply`, () => createReplyWay(source, parts)));
  if (problems.length > 0) throw new ConfigError(problems);
}

function checkCallback({ url, secrets }: NonNullable<WebhookSource['callback']>): void {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new TypeError('url must be an http or https address. For example: url: https://desk.example.com/replies');
  if (secrets.length === 0)
    throw new TypeError(
      'a secret is needed, or the receiver could not tell answers from forgeries. For example: secret: whsec_...',
    );
  signStandard({ id: '', body: '', now: 0 }, secrets);
}

function problemsOf(key: string, check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.problems : [`${key}: ${describeError(error)}`];
  }
}
