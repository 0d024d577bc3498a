import { ModelError } from '../../src/errors.ts';
import type { Model, ModelMessage, ModelRequest } from '../../src/model/model.ts';
import type { Faults } from './faults.ts';
import type { Figures } from './figures.ts';
import type { Journal } from './journal.ts';
import { isPoisonous } from './people.ts';
import type { SimulatedProcess } from './process.ts';

export interface SimulatedModelOptions {
  readonly process: SimulatedProcess;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly figures: Figures;
  /** Counts the calls of all processes. */
  readonly nextCall: () => number;
}

/** `overloaded`, `cut`, `stalled` may be asked again; `refused` may not. */
type Plan = 'good' | 'overloaded' | 'cut' | 'stalled' | 'refused' | 'filtered' | 'long';

/** So long it says nothing before it is given up, as the real one does. */
const idleMs = 15_000;

/** A model whose answer names the questions that it was given to answer. */
export function createSimulatedModel(options: SimulatedModelOptions): Model {
  const { process, faults, journal, figures } = options;
  return {
    name: 'simulated',
    check: () => Promise.resolve('It works.'),
    async *generate(request, signal) {
      const call = options.nextCall();
      const asked = questionsOf(request);
      const plan = drawPlan(faults);
      const pieces = toPieces(answerTo(asked, { call, words: faults.between(2, 28) }));
      figures.modelCalls += 1;
      if (plan !== 'good') figures.modelFailures += 1;
      journal.note(process.name, 'model call', `${call}: ${asked.join(' ')} (${plan})`);
      await process.clock.sleep(faults.chance(0.1) ? faults.between(5_000, 12_000) : faults.between(100, 1_500), signal);
      if (request.messages.some(({ text }) => isPoisonous(text))) {
        process.crash('of a question');
        await process.clock.sleep(0); // nothing comes after it
      }
      if (plan === 'overloaded') throw retryable('overloaded', faults.chance(0.3) ? faults.between(1, 8) * 1_000 : undefined);
      if (plan === 'refused') throw new ModelError({ message: 'simulated: refused', retryable: false });
      const whole = plan === 'good' || plan === 'long';
      for (const piece of whole ? pieces : pieces.slice(0, faults.between(0, pieces.length - 1))) {
        yield { type: 'text', text: piece };
        if (faults.chance(0.3)) await process.clock.sleep(faults.between(50, faults.chance(0.1) ? 8_000 : 900), signal);
      }
      if (plan === 'cut') return;
      if (plan === 'stalled') {
        await process.clock.sleep(idleMs, signal);
        throw retryable('stalled');
      }
      const finishReason =
        plan === 'filtered' || plan === 'long' ? ({ filtered: 'filtered', long: 'length' } as const)[plan] : 'stop';
      yield { type: 'done', finishReason, usage: { inputTokens: 10, outputTokens: 10, estimated: true } };
    },
  };
}

function drawPlan(faults: Faults): Plan {
  const { model } = faults.temper;
  if (faults.strikes(0.06 * model)) return 'overloaded';
  if (faults.strikes(0.03 * model)) return 'cut';
  if (faults.strikes(0.03 * model)) return 'stalled';
  if (faults.strikes(0.015 * model)) return 'refused';
  if (faults.strikes(0.01 * model)) return 'filtered';
  return faults.strikes(0.02 * model) ? 'long' : 'good';
}

/** Parley tells the model how many messages are unanswered when it is more than one. */
function questionsOf({ system, messages }: ModelRequest): string[] {
  const count = Number(/The last (\d+) messages are still unanswered/.exec(system)?.[1] ?? 1);
  return messages.slice(-count).map(idOf);
}

function idOf({ text }: ModelMessage): string {
  return /\[(c\d+\.\d+(?:v\d+)?)\]/.exec(text)?.[1] ?? `a message without an id: ${text}`;
}

function answerTo(asked: readonly string[], { call, words }: { readonly call: number; readonly words: number }): string {
  return `«${asked.join(' ')} | ${call} | ${Array.from({ length: words }, (_, index) => `word${index}`).join(' ')}»`;
}

function toPieces(text: string): string[] {
  return text.match(/\s*\S+\s*\S*/g) ?? [text];
}

/** The questions that an answer in this text claims to answer, in the order in which they stand. */
export function answeredIn(text: string): string[] {
  return [...text.matchAll(/«([^|»]*)\|/g)].flatMap(([, ids = '']) => ids.trim().split(' '));
}

function retryable(what: string, retryAfterMs?: number): ModelError {
  return new ModelError({ message: `simulated: ${what}`, retryable: true, retryAfterMs });
}
