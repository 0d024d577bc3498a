import type { AdapterContext } from '../../src/adapter.ts';
import { systemClock, withTimeout } from '../../src/clock.ts';
import { DeliveryError, describeError } from '../../src/errors.ts';
import type { HeldPlaces } from '../../src/held-places.ts';
import type { InboundEvent } from '../../src/message.ts';
import { refusalCode, toDeliveryError } from './delivery-error.ts';
import { toInteraction } from './interaction.ts';
import type { Interaction, InteractionOptions } from './interaction.ts';
import type { Fields } from './record.ts';
import { whisper } from './response.ts';
import type { Response } from './response.ts';
import type { Rest } from './rest.ts';
import type { Rules } from './rules.ts';
import { settle } from './settings.ts';
import type { SettingsRequest } from './settings-command.ts';
import { snowflakeTime } from './snowflake.ts';
import { solve } from './solve.ts';
import type { SolveOptions, Solving } from './solve.ts';

export interface InteractionsOptions extends Omit<InteractionOptions, 'maySet'>, Omit<SolveOptions, 'hasCases'> {
  readonly rest: Rest;
  readonly autoThread: boolean;
}

/** What is set for places. */
interface PlaceParts {
  /** Undefined where the operator has set nothing, and admins may not. */
  readonly rules: Rules | undefined;
  /** What admins have set, and the models that they may choose from; undefined where they may set nothing. */
  readonly settings?: { readonly held: HeldPlaces; readonly models: readonly string[] } | undefined;
}

/** Discord waits for three seconds, by its clock. */
const respondWithinMs = 2700;
const pauseMs = 200;
const askWithinMs = 2_200;
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
  #parts: PlaceParts = { rules: undefined };
  #stopping = new AbortController();

  constructor(options: InteractionsOptions) {
    this.#options = options;
  }

  begin(context: AdapterContext, parts: PlaceParts): void {
    this.#context = context;
    this.#parts = parts;
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
    const interaction = this.#toInteraction(payload);
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
    const interaction = this.#toInteraction(payload);
    return interaction ? this.#save(interaction) : whisper('I do not know this command.');
  }

  #toInteraction(payload: Fields): Interaction | undefined {
    return toInteraction(payload, { ...this.#options, maySet: this.#parts.settings !== undefined });
  }

  async #save({ event, solving, settings, accepted, ignored, because }: Interaction): Promise<Response> {
    if (solving) return this.#solve(solving);
    if (settings) return this.#settle(settings, ignored);
    if (!event) return ignored;
    if (!this.#context)
      throw new DeliveryError({ message: 'The adapter has not been started.', retryable: true, uncertain: false });
    const [result] = await this.#context.accept([event]);
    if (result?.status !== 'ignored') return accepted;
    return because?.[result.reason ?? ''] ?? ignored;
  }

  #solve(solving: Solving): Promise<Response> {
    const { rules } = this.#parts;
    const hasCases = (guildId: string, forumId: string): boolean => rules?.hasCases(guildId, forumId) ?? false;
    return this.#inTime((signal) => solve({ ...this.#options, hasCases }, solving, signal));
  }

  async #settle(request: SettingsRequest, otherwise: Response): Promise<Response> {
    const { rules, settings } = this.#parts;
    const { log } = this.#context ?? {};
    if (!rules || !settings || !log) return otherwise;
    const { layersOf } = rules;
    return this.#inTime((signal) => settle({ ...this.#options, ...settings, layersOf, log }, request, signal));
  }

  /** What Discord is asked for before an interaction is answered must not take longer than it waits. */
  async #inTime(work: (signal: AbortSignal) => Promise<Response>): Promise<Response> {
    const { signal, clear } = withTimeout(this.#context?.clock ?? systemClock, askWithinMs, this.#stopping.signal);
    return work(signal).finally(clear);
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
