import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Answers } from '../../../adapters/webhook/answers.ts';
import type { Adapter, AdapterContext, EventStatus } from '../../adapter.ts';
import type { Config } from '../../config.ts';
import type { Log } from '../../log.ts';
import { startParley } from '../../main.ts';
import type { InboundMessage } from '../../message.ts';
import { isAllowedAnywhere } from '../../tools/toolbox.ts';
import { onStopSignal } from '../stop-signals.ts';
import { withoutPlatforms } from '../without-platforms.ts';

export interface TrialAnswer {
  /** Which model. */
  readonly by: string;
  readonly state: EventStatus['state'];
  readonly reason?: string | undefined;
  /** Markdown. */
  readonly text: string;
}

/**
 * What would be answered, by the configured model. A Parley of its own works it out on a ledger that is thrown away: nothing goes anywhere but the
 * question to the model, which may search the documents if the rules let it, and knows nothing of what was said before. Rejects when Parley cannot start, or is told to stop.
 */
export async function answerTrial(message: InboundMessage, config: Config, log: Log): Promise<TrialAnswer> {
  const data = mkdtempSync(join(tmpdir(), 'parley-trial-'));
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined); // Nobody listens yet while it starts.
  const aborting = new AbortController();
  const closeSignals = onStopSignal(() => {
    const reason = new Error('Stopped before there was an answer.');
    aborting.abort(reason);
    ended.reject(reason);
  });
  try {
    const trial = createTrialAdapter();
    const parley = await startParley({
      config: toTrial(config, data),
      log,
      adapters: [trial.adapter],
      http: false,
      signal: aborting.signal,
      onFatal: ended.reject,
    });
    try {
      const { state, reason, answer } = await Promise.race([trial.ask(message), ended.promise]);
      // Its way ends here: that it could be delivered is not what is tried.
      return {
        by: parley.model,
        state: state === 'delivering' ? 'answered' : state,
        reason,
        text: answer.map(({ text }) => text).join('\n'),
      };
    } finally {
      await parley.stop();
    }
  } finally {
    closeSignals();
    rmSync(data, { recursive: true, force: true });
  }
}

function toTrial(config: Config, data: string): Config {
  return {
    ...withoutPlatforms(config),
    data,
    database: `sqlite:${join(data, 'parley.db')}`,
    tools: toTrialTools(config.tools),
    worker: { ...config.worker, drainSeconds: 0 },
    // Whoever is on call need not know of a trial.
    alerts: { ...config.alerts, url: undefined },
  };
}

const looking = 'search_knowledge';

/** What documents say is a part of the answer, and to look there changes nothing. No server is connected to, and nobody is asked to approve. */
function toTrialTools(tools: Config['tools']): Config['tools'] {
  const needsApproval = isAllowedAnywhere([{ tools: tools.approve }], looking);
  const rules = tools.allow.filter((rule) => isAllowedAnywhere([rule], looking));
  return { ...tools, mcp: {}, allow: needsApproval ? [] : rules.map((rule) => ({ ...rule, tools: [looking] })) };
}

/** Takes the one question, in the name of the webhooks, and tells what became of it. */
function createTrialAdapter() {
  const opened = Promise.withResolvers<{ readonly context: AdapterContext; readonly answers: Answers }>();
  const adapter: Adapter = {
    name: 'webhook',
    start: (context) => {
      opened.resolve({ context, answers: new Answers(context) });
      return Promise.resolve();
    },
    stop: async () => {
      const { answers } = await opened.promise;
      answers.stop();
    },
    send: async ({ id, conversationId }) => {
      const { answers } = await opened.promise;
      answers.announce(conversationId);
      return { id };
    },
  };
  async function ask({ copyTo: _, limit: __, ...message }: InboundMessage): Promise<EventStatus> {
    const { context, answers } = await opened.promise;
    const { tenant, eventId, conversationId } = message;
    // As if it came now: what is long over would get an apology.
    await context.accept([{ ...message, sentAt: context.clock.now() }]);
    const done = Promise.withResolvers<EventStatus>();
    const onStop = (): void => done.reject(new Error('Stopped before there was an answer.'));
    answers.watch({ tenant, eventId, conversationId }, { onDone: done.resolve, onStop });
    return done.promise;
  }
  return { adapter, ask };
}
