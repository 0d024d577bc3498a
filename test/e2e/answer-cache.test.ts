import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { createWorkFolder } from '../support/call-cli.ts';
import { createOpenAiEmulator } from '../support/openai-emulator.ts';
import { startParleyProcess } from '../support/running-parley.ts';

test('a question of a webhook that was answered before is not asked of the model again, also after a restart', async (t) => {
  const model = createOpenAiEmulator({ clock: systemClock });
  await model.start();
  t.after(() => model.stop());
  const cwd = createWorkFolder(t);
  const shop = {
    verify: { scheme: 'bearer', secret: 'a-secret-of-the-shop' },
    conversation: '{{id}}',
    text: '{{text}}',
    cacheMinutes: 60,
  };
  writeFileSync(join(cwd, 'parley.yaml'), JSON.stringify({ webhooks: { shop }, log: { format: 'json' } }));
  const env = { OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: model.baseUrl };
  let count = 0;
  const ask = async (url: string, id: string): Promise<string> => {
    const response = await fetch(`${url}/webhooks/shop`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer a-secret-of-the-shop',
        'content-type': 'application/json',
        prefer: 'wait=10',
        'idempotency-key': `${(count += 1)}`,
      },
      body: JSON.stringify({ id, text: 'How long is it open?' }),
    });
    assert.equal(response.status, 200);
    return JSON.stringify(await response.json());
  };

  const first = await startParleyProcess(t, { cwd, env });
  const answers = [await ask(first.url, '1'), await ask(first.url, '2')];
  await first.kill();
  const second = await startParleyProcess(t, { cwd, env });
  answers.push(await ask(second.url, '3'));
  // It stands in the conversation, and so the next question there is another one.
  answers.push(await ask(second.url, '3'));
  assert.equal(await second.stop(), 0);

  assert.ok(
    answers.every((answer) => answer.includes('You said: How long is it open?')),
    answers.join('\n'),
  );
  assert.equal(model.calls.length, 2);
  assert.match(
    JSON.stringify(model.calls[1]?.request.messages),
    /How long is it open\?.*You said: How long is it open\?.*How long is it open\?/,
  );
});
