import type { Adapter } from '../adapter.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { toDeliveryPolicy } from '../config/delivery-policy.ts';
import { toLimits } from '../config/resolve-limits.ts';
import { createAnswerCache, type AnswerCache, type AnswerCacheOptions } from '../conversation/answer-cache.ts';
import type { Profiles } from '../conversation/profiles.ts';
import type { TurnLimits } from '../conversation/limits.ts';
import { createSummaries, type Summaries, type SummariesOptions } from '../conversation/rolling-summary.ts';
import { createTurnRunner } from '../conversation/turn.ts';
import type { ToolsForTurn } from '../conversation/turn-tools.ts';
import { createFileReader } from '../files/read-files.ts';
import { createReadiness } from '../http/health.ts';
import { createHttpServer } from '../http/server.ts';
import type { DeliveryLog } from '../inbox/delivery-log.ts';
import { createInbox } from '../inbox/inbox.ts';
import { createWorker } from '../inbox/worker.ts';
import type { Log } from '../log.ts';
import type { Watch } from '../metrics/watch.ts';
import type { ModelParts } from '../model/endpoints.ts';
import type { Model } from '../model/model.ts';
import { countTokens, loadTokenizer } from '../model/tokens.ts';
import { createTranscriber } from '../model/transcribe.ts';
import { createDeliver } from '../outbox/delivery.ts';
import { createOutbox } from '../outbox/outbox.ts';
import type { Store } from '../store/store.ts';
import { createApprovers } from '../tools/approvers.ts';
import { moderationOf } from './moderation.ts';

const pollMs = 1_000;

export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
}

interface StageParts extends Pick<ModelParts, 'fetch'> {
  readonly store: Store;
  readonly clock: Clock;
  readonly owner: string;
  readonly model: Model;
  readonly profiles: Profiles;
  readonly adapters: readonly Adapter[];
  readonly deliveryLog: DeliveryLog;
  readonly toolsFor: ToolsForTurn | undefined;
  readonly watch: Watch;
}

export function createStages({ config, log }: Surroundings, parts: StageParts) {
  const { fetch, store, clock, owner, model, profiles, adapters, deliveryLog, toolsFor, watch } = parts;
  const byName = new Map(adapters.map((adapter) => [adapter.name, adapter]));
  const { leaseSeconds, maxAttempts, concurrency } = config.worker;
  const leaseMs = leaseSeconds * 1_000;
  const common = { clock, log, owner, pollMs, concurrency };
  const deliver = createDeliver({
    store,
    adapters: byName,
    clock,
    log,
    policy: toDeliveryPolicy(config),
    timeoutMs: config.delivery.timeoutSeconds * 1_000,
    leaseMs,
  });
  const outbox = createOutbox({ ...common, store, deliver, leaseMs });
  const transcribe = createTranscriber(config.model, fetch);
  const limits = limitsOf(config, store);
  const summaries = summariesOf(config, { store, clock, log });
  const runTurn = createTurnRunner({
    limits,
    summaries,
    answerCache: answerCacheOf(config, { store, clock, log }),
    moderation: moderationOf(config, { fetch, clock, log }),
    memory: { store, keepsFacts: config.memory.enabled, onForgotten: (ids) => worker.interrupt(ids) },
    ...{ store, adapters: byName, model, profiles, countTokens, clock, log, bot: config.bot, toolsFor },
    // The built-in model reads the last questions only, and has no budget of tokens.
    ...(config.model.provider === 'builtin' ? {} : { loadTokenizer }),
    readFiles: createFileReader({ clock, log, limits: config.attachments, vision: config.model.vision, transcribe }),
    deliver: (delivery) => outbox.send(delivery),
    contextTokens: config.conversation.contextTokens,
    staleAfterMs: config.conversation.staleAfterMinutes * 60_000,
    retry: { baseMs: 1_000, maxMs: 30_000, expiryMs: 5 * 60_000, maxAttempts },
    delivery: { leaseMs, expiryMs: config.delivery.expiryMinutes * 60_000 },
  });
  const { reviseWithinMinutes, withdrawAnswers } = config.conversation;
  const revisions = { reviseWithinMs: reviseWithinMinutes * 60_000, withdrawDeleted: withdrawAnswers };
  const worker = createWorker({ ...common, store, runTurn, leaseMs, historyLimit: config.conversation.maxMessages, revisions });
  const { provider, providers, openai } = config.model;
  const modelName = provider === 'builtin' ? 'built in' : (providers[provider]?.model ?? openai.model);
  const recordDelivery = watch.delivery(deliveryLog.record);
  const { authorityOf } = createApprovers(config.tools.approvers);
  const inbox = createInbox({
    store,
    clock,
    log,
    accept: worker.accept,
    recordDelivery,
    modelName,
    authorityOf,
    onPlace: profiles.set,
  });
  return { inbox, outbox, worker, summaries };
}

/** Undefined where no source has it switched on. The built-in model costs nothing. */
function answerCacheOf({ webhooks, model }: Config, parts: Omit<AnswerCacheOptions, 'lifetimesMs'>): AnswerCache | undefined {
  const lifetimesMs = new Map(
    Object.entries(webhooks).flatMap(([name, { cacheMinutes }]) =>
      cacheMinutes === undefined ? [] : [[name, cacheMinutes * 60_000] as const],
    ),
  );
  return lifetimesMs.size === 0 || model.provider === 'builtin' ? undefined : createAnswerCache({ ...parts, lifetimesMs });
}

/** The built-in model sums nothing up. */
function summariesOf(
  { conversation, model, limits }: Config,
  parts: Pick<SummariesOptions, 'store' | 'clock' | 'log'>,
): Summaries | undefined {
  const { contextTokens, maxMessages } = conversation;
  if (!conversation.summaries || model.provider === 'builtin') return undefined;
  return createSummaries({ ...parts, countTokens, contextTokens, maxMessages, prices: limits.prices });
}

/** Undefined where there is nothing to hold anybody to, and nothing to count. */
function limitsOf({ limits }: Config, store: Store): TurnLimits | undefined {
  const { prices } = limits;
  const configured = toLimits(limits);
  const { messages, budgets } = configured;
  if (messages.length + budgets.length + Object.keys(prices).length === 0) return undefined;
  return { store, ...configured, prices };
}

type ServedParts = Pick<StageParts, 'store' | 'adapters' | 'clock' | 'watch'>;

export function createServer({ config, log }: Surroundings, { store, adapters, clock, watch }: ServedParts) {
  const { host, port, accessLog, trustProxy, tls } = config.server;
  const names = adapters.map(({ name }) => name);
  return createHttpServer({
    ...{ host, port, accessLog, trustProxy, tls, log, clock },
    routers: [watch.router({ store, adapters }), ...adapters.map((adapter) => adapter.router?.())].filter(
      (router) => router !== undefined,
    ),
    readiness: createReadiness({ adapters, stats: () => store.stats({ adapters: names }), clock }),
  });
}
