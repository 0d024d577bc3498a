import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onAbort } from '../../src/on-abort.ts';

test('every listener that is still there hears of the abort, once', () => {
  const controller = new AbortController();
  const heard: string[] = [];
  onAbort(controller.signal, () => heard.push('one'));
  const release = onAbort(controller.signal, () => heard.push('released'));
  onAbort(controller.signal, () => heard.push('two'));
  release();

  controller.abort();
  controller.abort();

  assert.deepEqual(heard, ['one', 'two']);
});

test('a signal that has aborted already is heard at once', () => {
  const heard: string[] = [];

  const release = onAbort(AbortSignal.abort(), () => heard.push('late'));
  release();

  assert.deepEqual(heard, ['late']);
});

test('a signal with many listeners is held by Node as one: it warns of no leak', async () => {
  const controller = new AbortController();
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);

  for (let index = 0; index < 30; index += 1) onAbort(controller.signal, () => undefined);
  await new Promise(setImmediate);
  process.off('warning', onWarning);

  assert.deepEqual(warnings, []);
});
