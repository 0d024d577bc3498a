import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../src/errors.ts';
import type { Model, ModelEvent, ModelRequest } from '../../src/model/model.ts';

export interface ModelUnderTest {
  readonly model: Model;
  close?(): Promise<void>;
}

export interface ModelContract {
  readonly name: string;
  /** A model that answers `modelContractRequest` with more than one word. */
  readonly open: () => Promise<ModelUnderTest>;
  /** One that says a few words and then nothing more until it is aborted. Left out by a model that cannot hang. */
  readonly openStalled?: () => Promise<ModelUnderTest>;
  /** One that fails. Left out by a model that cannot. */
  readonly openBroken?: () => Promise<ModelUnderTest>;
}

export const modelContractRequest: ModelRequest = {
  system: 'You are a helpful assistant.',
  messages: [
    { role: 'user', text: 'How do I connect Slack?' },
    { role: 'assistant', text: 'With a token.' },
    { role: 'user', text: 'Which scopes does it need?' },
  ],
};

/** What every model promises to the stages that use it. */
export function defineModelContract({ name, open, openStalled, openBroken }: ModelContract): void {
  const never = new AbortController().signal;

  test(`${name}: yields text and then exactly one done, which is the last event`, async () => {
    await using subject = await opened(open);

    const events = await collect(subject.model, never);

    const done = events.at(-1);
    assert.equal(done?.type, 'done');
    assert.equal(events.filter(({ type }) => type === 'done').length, 1);
    assert.notEqual(textOf(events).trim(), '');
    assert.ok(events.every((event) => event.type !== 'text' || event.text !== ''));
  });

  test(`${name}: counts tokens in whole numbers and says whether it estimated`, async () => {
    await using subject = await opened(open);

    const events = await collect(subject.model, never);

    const done = events.at(-1);
    assert.ok(done?.type === 'done');
    assert.ok(Number.isSafeInteger(done.usage.inputTokens) && done.usage.inputTokens >= 0);
    assert.ok(Number.isSafeInteger(done.usage.outputTokens) && done.usage.outputTokens >= 0);
    assert.equal(typeof done.usage.estimated, 'boolean');
  });

  test(`${name}: answers several requests at once without mixing them up`, async () => {
    await using subject = await opened(open);
    const alone = textOf(await collect(subject.model, never));

    const together = await Promise.all(Array.from({ length: 5 }, () => collect(subject.model, never)));

    assert.deepEqual(
      together.map(textOf),
      Array.from({ length: 5 }, () => alone),
    );
  });

  test(`${name}: rejects with the signal's reason when it is aborted before it begins`, async () => {
    await using subject = await opened(open);
    const reason = new Error('stopped before it began');

    const answer = collect(subject.model, AbortSignal.abort(reason));

    await assert.rejects(answer, (error) => error === reason);
  });

  test(`${name}: rejects with the signal's reason when it is aborted after its first piece`, async () => {
    await using subject = await opened(open);
    const controller = new AbortController();
    const reason = new Error('stopped in the middle');

    const events: ModelEvent[] = [];
    const answer = (async () => {
      for await (const event of subject.model.generate(modelContractRequest, controller.signal)) {
        if (event.type === 'step') continue;
        events.push(event);
        controller.abort(reason);
      }
    })();

    await assert.rejects(answer, (error) => error === reason);
    assert.equal(events.length, 1);
    assert.equal(events[0]?.type, 'text');
  });

  test(`${name}: lets go of the answer when nobody reads on`, async () => {
    await using subject = await opened(open);

    for await (const event of subject.model.generate(modelContractRequest, never)) {
      if (event.type === 'step') continue;
      assert.equal(event.type, 'text');
      break;
    }

    assert.equal((await collect(subject.model, never)).at(-1)?.type, 'done');
  });

  test(`${name}: can be checked, and says a sentence`, async () => {
    await using subject = await opened(open);

    const sentence = await subject.model.check(never);

    assert.match(sentence, /^\S.*\.$/s);
    assert.notEqual(subject.model.name, '');
  });

  if (openStalled) {
    test(`${name}: rejects with the signal's reason when it is aborted while it hangs`, async () => {
      await using subject = await opened(openStalled);
      const controller = new AbortController();
      const reason = new Error('stopped while it hung');

      const answer = collect(subject.model, controller.signal, () => queueMicrotask(() => controller.abort(reason)));

      await assert.rejects(answer, (error) => error === reason);
    });
  }

  if (openBroken) {
    test(`${name}: rejects with a ModelError that has something to say to the people in the chat`, async () => {
      await using subject = await opened(openBroken);

      const answer = collect(subject.model, never);

      await assert.rejects(answer, (error) => error instanceof ModelError && error.publicMessage !== '' && error.message !== '');
    });
  }
}

/** All events of one answer. */
export async function collect(
  model: Model,
  signal: AbortSignal,
  onText?: () => void,
  request: ModelRequest = modelContractRequest,
): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of model.generate(request, signal)) {
    events.push(event);
    if (event.type === 'text') onText?.();
  }
  return events;
}

export function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

async function opened(open: () => Promise<ModelUnderTest>): Promise<ModelUnderTest & AsyncDisposable> {
  const subject = await open();
  return { ...subject, [Symbol.asyncDispose]: async () => subject.close?.() };
}
