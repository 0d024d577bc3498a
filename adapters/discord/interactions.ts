import type { AdapterContext } from '../../src/adapter.ts';
import { systemClock, withTimeout } from '../../src/clock.ts';
import { DeliveryError, describeError } from '../../src/errors.ts';
import type { InboundEvent } from '../../src/message.ts';
import { refusalCode, toDeliveryError } from './delivery-error.ts';
import { toInteraction } from './interaction.ts';
import type { Interaction, InteractionOptions } from './interaction.ts';
import type { Fields } from './record.ts';
import { whisper } from './response.ts';
import type { Response } from './response.ts';
import type { Rest } from './rest.ts';
import { snowflakeTime } from './snowflake.ts';
import { solve } from './solve.ts';
import type { SolveOptions, Solving } from './solve.ts';

export interface InteractionsOptions extends InteractionOptions, SolveOptions {
  readonly rest: Rest;
}

/** Discord waits for three seconds, by its clock. */
const respondWithinMs = 2700;
const pauseMs = 200;
const solveWithinMs = 2_200;
const alreadyAcknowledged = 40060;

/**
 * What people do with commands, buttons and forms. It is saved first and acknowledged then; over the gateway beside the other dispatches and
 * not behind them, because Discord waits for three seconds only.
 */
export class Interactions {
  readonly #options: InteractionsOptions;
  /** By id, while an acknowledgement is on its way: an answer before it would be refused. */
  readonly #underWay = new Map<string, Promise<void>>();
  #context: AdapterContext | undefined;
  #stopping = new AbortController();

  constructor(options: InteractionsOptions) {
    this.#options = options;
  }

  begin(context: AdapterContext): void {
    this.#context = context;
    this.#stopping = new AbortController();
  }

  /** Nothing more is acknowledged; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The Discord adapter is stopping.'));
    await Promise.all(this.#underWay.values());
  }

  /** Resolves when an acknowledgement of this interaction is no longer on its way. */
  async acknowledged(interactionId: string): Promise<void> {
    await this.#underWay.get(interactionId);
  }

  /** From the gateway. Resolves, once it is saved, with nothing; or with what could not be saved and is to come with the other dispatches. */
  async take(payload: Fields): Promise<readonly InboundEvent[]> {
    const interaction = toInteraction(payload, this.#options);
    if (!interaction) return [];
    const { id, event } = interaction;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Before it is saved: the answer may be ready as soon as that is done.
    this.#underWay.set(id, promise);
    const end = (): void => {
      this.#underWay.delete(id);
      resolve();
    };
    try {
      const response = await this.#save(interaction);
      void this.#acknowledge(interaction, response).finally(end);
      return [];
    } catch (error) {
      this.#context?.log.warn('A Discord interaction could not be saved.', { eventId: id, reason: describeError(error) });
      end();
      return event ? [event] : [];
    }
  }

  /** From a signed request: what it is answered with. Rejects where it could not be saved. */
  async answer(payload: Fields): Promise<Response> {
    const interaction = toInteraction(payload, this.#options);
    return interaction ? this.#save(interaction) : whisper('I do not know this command.');
  }

  async #save({ event, solving, accepted, ignored, because }: Interaction): Promise<Response> {
    if (solving) return this.#solve(solving);
    if (!event) return ignored;
    if (!this.#context)
      throw new DeliveryError({ message: 'The adapter has not been started.', retryable: true, uncertain: false });
    const [result] = await this.#context.accept([event]);
    if (result?.status !== 'ignored') return accepted;
    return because?.[result.reason ?? ''] ?? ignored;
  }

  async #solve(solving: Solving): Promise<Response> {
    const { signal, clear } = withTimeout(this.#context?.clock ?? systemClock, solveWithinMs, this.#stopping.signal);
    return solve(this.#options, solving, signal).finally(clear);
  }

  async #acknowledge({ id, token }: Interaction, body: Response): Promise<void> {
    if (!this.#context) return;
    const { clock, log } = this.#context;
    const { signal } = this.#stopping;
    // A replay after a restart brings what Discord has given up long ago: the answer goes to the channel then.
    while (clock.now() - snowflakeTime(id) < respondWithinMs) {
      try {
        const route = `/interactions/${id}/${token}/callback` as const;
        await this.#options.rest.call({ method: 'POST', route, body, signal, auth: false });
        return;
      } catch (cause) {
        if (refusalCode(cause) === alreadyAcknowledged) return;
        const error = toDeliveryError(cause);
        log.warn('A Discord interaction could not be acknowledged.', { eventId: id, reason: error.message });
        if (!error.retryable || signal.aborted) return;
        await clock.sleep(Math.max(pauseMs, error.retryAfterMs ?? 0), signal).catch(() => undefined);
      }
    }
  }
}
