import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { startParley } from '../../src/main.ts';
import { createWorkFolder } from '../support/call-cli.ts';
import { memoryFiles } from '../support/config-files.ts';
import { openCommentDesk, type CommentDesk, type DeskFault } from '../support/comment-desk.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { startParleyProcess } from '../support/running-parley.ts';
import { statusUrlOf, untilSettled } from '../support/webhook-status.ts';
import { createFastClock } from './fast-clock.ts';

const token = 'a-token-of-the-desk';

function toYaml(desks: { readonly finding: CommentDesk; readonly once: CommentDesk }): string {
  const source = (desk: CommentDesk, find: string) => ({
    verify: { scheme: 'bearer', secret: 'a-secret-of-the-source' },
    conversation: '{{ticket}}',
    text: '{{question}}',
    reply: {
      url: `${desk.url}/tickets/{{conversation}}/comments`,
      json: '{ "comment": { "body": "{{text}}", "ref": "{{id}}" } }',
      receipt: 'comment.id',
      timeoutSeconds: '2',
      auth: { scheme: 'bearer', secret: token },
      ...(find === '' ? {} : { find: { url: `${desk.url}${find}`, items: 'comments', text: 'ref' } }),
    },
  });
  return JSON.stringify({
    outbound: { allow: ['127.0.0.1'] },
    server: { port: '0' },
    delivery: { baseDelayMs: '200', maxDelaySeconds: '2', timeoutSeconds: '4' },
    webhooks: { finding: source(desks.finding, '/tickets/{{conversation}}/comments'), once: source(desks.once, '') },
  });
}

const troubles: readonly (readonly [name: string, ...faults: DeskFault[]])[] = [
  ['nothing'],
  ['429', { status: 429 }, { status: 429 }],
  ['500', { status: 500 }, { status: 502 }],
  ['500-although', { status: 500, takesEffect: true }],
  ['broken', { status: 0 }, { status: 0 }],
  ['lost', { status: 0, takesEffect: true }],
  ['silent', { status: 1 }],
  ['silent-although', { status: 1, takesEffect: true }],
  ['lost-and-blind', { status: 0, takesEffect: true }, { method: 'GET', status: 500 }, { method: 'GET', status: 0 }],
  ['lost-and-refused', { status: 0, takesEffect: true }, { method: 'GET', status: 429 }],
];

test('one comment stands under each ticket, whatever befell the requests', { timeout: 60_000 }, async () => {
  await using finding = await openCommentDesk();
  await using once = await openCommentDesk({ takesKeysOnce: true });
  const cwd = mkdtempSync(join(tmpdir(), 'parley-replies-'));
  const log = createMemoryLog();
  const yaml = join(cwd, 'parley.yaml');
  const { config } = await loadConfig({ env: {}, cwd, files: memoryFiles({ [yaml]: toYaml({ finding, once }) }) });
  const parley = await startParley({
    config,
    log,
    clock: createFastClock(10),
    http: true,
    onFatal: (error) => assert.fail(error),
  });
  try {
    const questions = troubles.flatMap(([name, ...faults]) => {
      finding.fail(name, ...faults);
      once.fail(name, ...faults.filter(({ method }) => method !== 'GET'));
      return ['finding', 'once'].map((source) => ask(`${parley.url}/webhooks/${source}`, name));
    });

    const answered = await Promise.all(questions);
    const settled = await Promise.all(answered.map((statusUrl) => untilSettled(`${parley.url}${statusUrl}`)));

    assert.deepEqual(new Set(settled), new Set(['answered']));
    for (const desk of [finding, once])
      assert.deepEqual(
        troubles.map(([name]) => [name, desk.comments(name).length]),
        troubles.map(([name]) => [name, 1]),
      );
    assert.ok(!log.lines.some((line) => JSON.stringify(line).includes(token)));
  } finally {
    await parley.stop();
    rmSync(cwd, { recursive: true });
  }
});

test(
  'one comment stands under each ticket when the process is killed while the desk is asked',
  { timeout: 60_000 },
  async (t) => {
    await using finding = await openCommentDesk();
    await using once = await openCommentDesk({ takesKeysOnce: true });
    const cwd = createWorkFolder(t);
    writeFileSync(join(cwd, 'parley.yaml'), toYaml({ finding, once }));
    const first = await startParleyProcess(t, { cwd });
    const statusUrls: string[] = [];
    for (const [source, desk] of Object.entries({ finding, once })) {
      desk.fail('taken', { status: 1, takesEffect: true });
      desk.fail('not-taken', { status: 1 });
      for (const ticket of ['taken', 'not-taken']) statusUrls.push(await ask(`${first.url}/webhooks/${source}`, ticket));
    }
    while (finding.requests.length < 2 || once.requests.length < 2) await new Promise(setImmediate);
    await first.kill();

    const second = await startParleyProcess(t, { cwd });
    const settled = await Promise.all(statusUrls.map(async (path) => untilSettled(`${second.url}${path}`)));

    assert.deepEqual(new Set(settled), new Set(['answered']));
    for (const desk of [finding, once])
      assert.deepEqual([desk.comments('taken').length, desk.comments('not-taken').length], [1, 1]);
    assert.ok(finding.requests.some(({ method }) => method === 'GET'));
  },
);

async function ask(url: string, ticket: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: 'Bearer a-secret-of-the-source', 'content-type': 'application/json' },
    body: JSON.stringify({ ticket, question: 'How do I connect Slack?' }),
  });
  return statusUrlOf(response);
}
