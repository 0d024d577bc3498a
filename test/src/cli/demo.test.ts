import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createMemoryLog } from '../../support/memory-log.ts';
import { systemClock } from '../../../src/clock.ts';
import { runDemo } from '../../../src/playground/demo.ts';
import { createWorkFolder } from '../../support/call-cli.ts';
import { runParley } from '../../support/run-cli.ts';

describe('parley demo', () => {
  test('plays a conversation with a follow-up on each platform, whatever is configured, and ends with status 0', async (t) => {
    const cwd = createWorkFolder(t);

    const { exitCode, stdout, stderr } = await runParley(['demo'], {
      cwd,
      env: { SLACK_BOT_TOKEN: 'not a token', PORT: 'none' },
    });

    assert.deepEqual([exitCode, stderr], [0, '']);
    const [, slack = '', discord = '', desk = ''] = stdout.split('\n── ');
    // The heading under which the second answer was found: it can be told only from the first question.
    assert.match(slack, /^Slack[^]*Which scopes does it need\?\nParley:\n[^]*Connect Slack › Scopes/);
    assert.match(discord, /^Discord[^]*Does it need a special intent\?\nParley:\n[^]*Connect Discord › Message Content Intent/);
    assert.match(desk, /^A support ticket[^]*delivered twice\?\nParley:\n[^]*When a webhook is delivered twice/);
    assert.match(stdout, /\n6 questions on 3 platforms, 6 answers, [\d.]+ s\. Nothing of it is kept\.\n$/);
    assert.deepEqual(readdirSync(cwd), []);
  });

  test('says which questions got no answer in time, and goes on with the next platform', async () => {
    const written: string[] = [];
    const { signal } = new AbortController();

    const result = await runDemo({
      write: (text) => written.push(text),
      log: createMemoryLog(),
      clock: systemClock,
      timeoutMs: 1,
      signal,
    });

    assert.deepEqual(result, { questions: 6, answers: 0 });
    assert.equal(written.filter((text) => text === '(no answer within 0.001 s)\n').length, 3);
  });
});
