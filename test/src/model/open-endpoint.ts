import assert from 'node:assert/strict';
import { ModelError } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import type { Model, ModelEvent } from '../../../src/model/model.ts';
import { createOpenAiModel, type OpenAiModelOptions } from '../../../src/model/openai.ts';
import { modelContractRequest } from '../../contracts/model-contract.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from '../../support/openai-emulator.ts';
import type { ModelFault } from '../../support/openai-emulator-faults.ts';

export const apiKey = 'sk-test-0123456789abcdef';
export const never = new AbortController().signal;

export interface Bench {
  readonly model: Model;
  readonly emulator: OpenAiEmulator;
  readonly clock: FakeClock;
  close(): Promise<void>;
}

/** The model at an emulated endpoint whose next calls meet these faults. */
export async function openEndpoint(
  options: Partial<OpenAiModelOptions> = {},
  ...faults: readonly ModelFault[]
): Promise<Bench & AsyncDisposable> {
  const clock = createFakeClock();
  const emulator = createOpenAiEmulator({ clock, apiKeys: [apiKey] });
  await emulator.start();
  emulator.fail(...faults);
  const model = await createOpenAiModel({
    apiKey,
    baseUrl: emulator.baseUrl,
    model: 'gpt-5.4-mini',
    clock,
    log: silentLog,
    ...options,
  });
  const close = () => emulator.stop();
  return { model, emulator, clock, close, [Symbol.asyncDispose]: close };
}

/** The ModelError of an answer, and what was said before it. */
export async function failureOf(model: Model): Promise<{ error: ModelError; said: string }> {
  let said = '';
  try {
    for await (const event of model.generate(modelContractRequest, never)) said += event.type === 'text' ? event.text : '';
  } catch (error) {
    assert.ok(error instanceof ModelError, String(error));
    return { error, said };
  }
  throw new Error('The model did not fail.');
}

export function doneOf(events: readonly ModelEvent[]): ModelEvent & { type: 'done' } {
  const done = events.at(-1);
  assert.ok(done?.type === 'done');
  return done;
}
