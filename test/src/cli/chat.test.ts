import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createOpenAiEmulator } from '../../support/openai-emulator.ts';
import { pipeIntoParley, startChatProcess, startParleyProcess } from '../../support/running-parley.ts';

describe('parley chat', () => {
  test('answers what is piped into it, the second question in the context of the first, and ends with status 0', async (t) => {
    const cwd = createWorkFolder(t);

    const { exitCode, stdout, stderr } = await pipeIntoParley(['chat'], {
      cwd,
      input: 'How do I connect Slack?\nWhich scopes does it need?\n',
    });

    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.match(
      stdout,
      /SLACK_BOT_TOKEN[^]*`connect-slack\.md` › Connect Slack\n[^]*`connect-slack\.md` › Connect Slack › Scopes\n/,
    );
  });

  test('works beside a running Parley, on a ledger of its own that lasts', async (t) => {
    const cwd = createWorkFolder(t);
    const model = createOpenAiEmulator({ clock: systemClock });
    await model.start();
    t.after(() => model.stop());
    model.behaviour.answer = ({ messages }) => `Said so far: ${messages.filter(({ role }) => role === 'user').length}`;
    const env = { OPENAI_BASE_URL: model.baseUrl };
    await startParleyProcess(t, { cwd, env });

    const first = await pipeIntoParley(['chat'], { cwd, env, input: 'one\n' });
    const second = await pipeIntoParley(['chat'], { cwd, env, input: 'two\n' });

    assert.deepEqual([first.exitCode, first.stdout], [0, 'Said so far: 1\n']);
    assert.deepEqual([second.exitCode, second.stdout], [0, 'Said so far: 2\n']);
    assert.match(first.stderr, /^Another Parley is running on .*; this conversation is kept in .*\n$/);
    assert.ok(existsSync(join(cwd, 'data', 'chat', 'parley.db')));
  });

  test('what a chat that was killed still owed is shown by the next one, although a Parley without a terminal ran in between', async (t) => {
    const cwd = createWorkFolder(t);
    const model = createOpenAiEmulator({ clock: systemClock });
    await model.start();
    t.after(() => model.stop());
    const env = { OPENAI_BASE_URL: model.baseUrl };
    const asked = Promise.withResolvers<void>();
    model.behaviour.onCall = () => asked.resolve();
    model.fail({ type: 'silence' });
    const killed = startChatProcess(t, { cwd, env });
    killed.type('before');
    await asked.promise;
    await killed.kill();

    const between = await startParleyProcess(t, { cwd, env });
    await between.logged('turn postponed');
    const ready = await fetch(`${between.url}/readyz`);
    await between.stop();
    const next = startChatProcess(t, { cwd, env });
    await next.printed(/before\n/);
    next.type('now');
    const printed = await next.printed(/You said: now\n/);

    assert.equal(ready.status, 200);
    const { waiting, oldestSeconds, parked } = (JSON.parse(await ready.text()) as { backlog: Record<string, unknown> }).backlog;
    assert.deepEqual({ waiting, oldestSeconds, parked }, { waiting: 0, oldestSeconds: 0, parked: 1 });
    assert.equal(printed, '(To what was asked before:)\nYou said: before\nYou said: now\n');
    assert.equal(await next.end(), 0);
  });

  test('a conversation without a name is a wrong call', async (t) => {
    const { exitCode, stderr } = await callParley(['chat', '--conversation', ' '], { cwd: createWorkFolder(t) });

    assert.equal(exitCode, 2);
    assert.match(stderr, /^--conversation: the name is empty\. Example:/);
  });
});
