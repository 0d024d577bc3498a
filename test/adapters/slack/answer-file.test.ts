import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { SlackOptions } from '../../../adapters/slack/index.ts';
import { scopesOf } from '../../../adapters/slack/manifest.ts';
import type { Said } from '../../../adapters/slack/emulator.ts';
import type { OutboundMessage, Receipt } from '../../../src/message.ts';
import { answerTo, deliver, noAbort, recordCalls, shownIn, startSlack, type Slack, type SlackSetup } from './harness.ts';
import { startStream } from './stream-scene.ts';

const fileAfter = 12_000;
const scopes = scopesOf({ followThreads: true, groups: true, sendsFiles: true });
const paragraphs = Array.from(
  { length: 300 },
  (_, index) => `Paragraph ${index} says **something** that takes up a line of its own.`,
);
/** Some 20,000 characters. */
const long = paragraphs.join('\n\n');

interface Scene {
  readonly slack: Slack;
  readonly said: Said;
  readonly parts: readonly OutboundMessage[];
}

async function startScene(t: TestContext, setup: SlackSetup = {}): Promise<Scene> {
  const slack = await startSlack(t, {
    ...setup,
    emulator: { scopes, ...setup.emulator },
    options: { fileAfter, ...setup.options },
  });
  const said = slack.emulator.say({ text: 'Tell me everything.', mention: true });
  return { slack, said, parts: partsOf(slack, said, long) };
}

/** The parts as the core makes them. */
function partsOf(slack: Slack, said: Said, text: string, ids = 'answer00000000000000000'): OutboundMessage[] {
  const whole = answerTo(slack, said, text);
  const texts = slack.adapter.split(text, undefined, whole.destination);
  return texts.map((each, part) => ({ ...whole, text: each, part, parts: texts.length, id: `${ids}${part}` }));
}

/** Sends one part after the other, as the outbox does. */
async function deliverAll(slack: Slack, parts: readonly OutboundMessage[]): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  for (const part of parts) receipts.push(await deliver(slack, part));
  return receipts;
}

/** What people find in the thread: texts, and of files their content. */
function found({ slack, said }: Pick<Scene, 'slack' | 'said'>): string[] {
  const contents = new Map(slack.emulator.files().map(({ name, content }) => [name, content?.toString() ?? '']));
  return shownIn(slack, said).map(({ text, files: [name] }) => (name === undefined ? text : (contents.get(name) ?? '')));
}

const urlOf = (input: string | URL | Request): string => (input instanceof Request ? input.url : input.toString());

const note = '_This is the beginning. The whole answer is in the file below._';

test('a long answer is its beginning, and a file that holds all of it', async (t) => {
  const scene = await startScene(t, { options: { buttons: ['feedback', 'regenerate'] } });
  const { slack, said, parts } = scene;

  const receipts = await deliverAll(slack, parts);

  const [head, file, ...more] = shownIn(slack, said);
  assert.equal(more.length, 0);
  assert.ok(head && head.text.length < 2_000 && head.text.endsWith(`\n\n${note}`));
  assert.ok(long.startsWith(head.text.slice(0, -note.length).trimEnd()));
  assert.deepEqual(file?.files, ['answer-answer000000000000000001.md']);
  assert.equal(file.threadTs, said.threadTs);
  assert.equal(found(scene)[1], long);
  // They stand under what is a message.
  assert.deepEqual([head.blocks.length > 0, file.blocks.length], [true, 0]);
  assert.deepEqual(receipts[1], { id: slack.emulator.files()[0]?.id, channel: said.channel, kind: 'file' });
});

test('what is not that long, and what only one person sees, stands in messages', async (t) => {
  const { slack, said } = await startScene(t);
  const { destination } = answerTo(slack, said, '');

  const short = slack.adapter.split(long.slice(0, fileAfter), undefined, destination);
  const privately = slack.adapter.split(long, undefined, { ...destination, ephemeral: 'true' });

  for (const texts of [short, privately]) {
    assert.equal(texts.length, 2);
    assert.ok(texts.every((text) => text.length <= 11_000 && !text.includes(note)));
  }
});

test('a beginning that would end in a block of code is cut before it', async (t) => {
  const { slack, said } = await startScene(t);
  const text = `Look:\n\n\`\`\`js\n${'const a = 1;\n'.repeat(2_000)}\`\`\``;

  const [head = '', whole] = slack.adapter.split(text, undefined, answerTo(slack, said, '').destination);

  assert.equal(whole, text);
  assert.equal((head.match(/^```/gm) ?? []).length % 2, 0);
});

for (const fault of [
  { method: 'files.getUploadURLExternal', kind: 'lost_response' },
  { method: 'files.getUploadURLExternal', kind: 'rate_limit' },
  { method: 'files.completeUploadExternal', kind: 'refuse' },
  { method: 'files.completeUploadExternal', kind: 'lost_response' },
  { method: 'files.completeUploadExternal', kind: 'server_error', takesEffect: true },
] as const) {
  test(`one file stands there after ${fault.method} met with ${fault.kind}`, async (t) => {
    const scene = await startScene(t);
    scene.slack.emulator.faults.add(fault);

    const receipts = await deliverAll(scene.slack, scene.parts);

    assert.deepEqual([found(scene).length, found(scene)[1]], [2, long]);
    const shared = scene.slack.emulator.files().filter(({ isShared }) => isShared);
    assert.deepEqual(
      shared.map(({ id }) => id),
      [receipts[1]?.id],
    );
  });
}

test('an upload that breaks off is made again', async (t) => {
  let uploads = 0;
  const scene = await startScene(t, {
    options: {
      fetch: (input, init) => {
        const isUpload = urlOf(input).includes('/upload/');
        if (isUpload) uploads += 1;
        return isUpload && uploads === 1 ? Promise.reject(new TypeError('fetch failed')) : fetch(input, init);
      },
    },
  });

  await deliverAll(scene.slack, scene.parts);

  assert.equal(uploads, 2);
  assert.deepEqual([found(scene).length, found(scene)[1]], [2, long]);
});

test('nothing is uploaded to an address that is not that of Slack: the answer stands in messages', async (t) => {
  const asked: string[] = [];
  const options: Partial<SlackOptions> = {
    fetch: async (input, init) => {
      asked.push(urlOf(input));
      const response = await fetch(input, init);
      if (!urlOf(input).includes('getUploadURLExternal')) return response;
      return Response.json({ ok: true, upload_url: 'http://127.0.0.1:9/upload/v1/F1', file_id: 'F1' });
    },
  };
  const scene = await startScene(t, { options });

  await deliverAll(scene.slack, scene.parts);

  assert.ok(!asked.some((url) => url.includes('127.0.0.1:9/')));
  assert.equal(found(scene).slice(1).join('\n\n'), long);
});

test('without the scope for files the whole answer stands in messages', async (t) => {
  const scene = await startScene(t, { emulator: { scopes: scopesOf({ followThreads: true, groups: true }) } });

  const receipts = await deliverAll(scene.slack, scene.parts);

  assert.equal(scene.slack.emulator.files().length, 0);
  assert.equal(found(scene).slice(1).join('\n\n'), long);
  assert.equal(receipts[1]?.['kind'], 'pieces');
  await scene.slack.adapter.remove(scene.parts[1] as OutboundMessage, receipts[1], noAbort);
  assert.equal(found(scene).length, 1);
});

for (const after of [0, 1] as const) {
  test(`of messages in place of a file none comes twice when the answer to number ${after + 1} is lost`, async (t) => {
    const scene = await startScene(t, { emulator: { scopes: scopesOf({ followThreads: true, groups: true }) } });
    const [head, file] = scene.parts as [OutboundMessage, OutboundMessage];
    await deliver(scene.slack, head);
    scene.slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'lost_response', after });

    const receipt = await deliver(scene.slack, file);

    const [, ...pieces] = shownIn(scene.slack, scene.said);
    assert.equal(pieces.map(({ text }) => text).join('\n\n'), long);
    assert.deepEqual(
      receipt['pieces']?.split(',').concat(receipt.id),
      pieces.map(({ ts }) => ts),
    );
  });
}

test('what another process had begun in messages goes on in messages', async (t) => {
  const scene = await startScene(t, { emulator: { scopes: scopesOf({ followThreads: true, groups: true }) } });
  const { slack, said } = scene;
  const [head, file] = scene.parts as [OutboundMessage, OutboundMessage];
  await deliver(slack, head);
  slack.emulator.faults.add({ method: 'chat.postMessage', kind: 'refuse', after: 1, times: 1 });
  await slack.adapter.send(file, noAbort).catch(() => undefined);
  assert.equal(shownIn(slack, said).length, 2);

  assert.equal(await slack.adapter.find(file, noAbort), undefined);
  await slack.adapter.send({ ...file, attempt: 2 }, noAbort);

  assert.equal(found(scene).slice(1).join('\n\n'), long);
  assert.equal(recordedUploads(slack), 0);
});

function recordedUploads({ emulator }: Slack): number {
  return emulator.files().filter(({ content }) => content !== undefined).length;
}

const short = 'In short: yes.';
const longer = `${long}\n\nAnd that is not all.`;

for (const [what, before, now] of [
  ['a short one takes the place of a file', long, short],
  ['a file takes the place of a short one', short, long],
  ['a file takes the place of a file', long, longer],
] as const) {
  test(`when an answer is given again, ${what}`, async (t) => {
    const scene = await startScene(t);
    const { slack, said } = scene;
    const earlier = await deliverAll(slack, partsOf(slack, said, before));
    const parts = partsOf(slack, said, now, 'second00000000000000000').map((part, index): OutboundMessage => {
      const receipt = earlier[index];
      return receipt ? { ...part, replaces: receipt, opened: receipt } : part;
    });
    const calls = recordCalls(slack, ['files.completeUploadExternal']);

    await deliverAll(slack, parts);
    // As the core does with parts that have no successor.
    for (const [index, receipt] of earlier.entries()) {
      if (!parts[index]) await slack.adapter.remove(parts[0] as OutboundMessage, receipt, noAbort);
    }

    const texts = found(scene);
    assert.equal(texts.length, parts.length);
    assert.equal(texts.at(-1), now);
    assert.equal(calls.length, now === short ? 0 : 1);
    assert.equal(slack.emulator.files().length, now === short ? 0 : 1);
  });
}

for (const kind of ['server_error', 'lost_response', 'rate_limit'] as const) {
  test(`the earlier file goes at the next attempt where taking it away met with ${kind}`, async (t) => {
    const scene = await startScene(t);
    const { slack, said } = scene;
    const [, old] = (await deliverAll(slack, scene.parts)) as [Receipt, Receipt];
    const [, file] = partsOf(slack, said, longer, 'second00000000000000000') as [OutboundMessage, OutboundMessage];
    slack.emulator.faults.add({ method: 'files.delete', kind });

    await deliver(slack, { ...file, replaces: old, opened: old });

    assert.deepEqual([found(scene).length, found(scene)[1]], [2, longer]);
  });
}

test('the earlier file goes, too, when the answer that takes its place is only found', async (t) => {
  const scene = await startScene(t);
  const { slack, said } = scene;
  const [, old] = (await deliverAll(slack, scene.parts)) as [Receipt, Receipt];
  const [, file] = partsOf(slack, said, longer, 'second00000000000000000') as [OutboundMessage, OutboundMessage];
  await deliver(slack, file);
  assert.equal(found(scene).length, 3);

  const seen = await slack.adapter.find({ ...file, replaces: old, opened: old }, noAbort);

  assert.equal(seen?.complete, true);
  assert.equal(found(scene).length, 2);
  assert.equal(found(scene)[1], longer);
});

test('an answer that has been growing stops at that length, and the file follows what people have seen', async (t) => {
  const scene = await startStream(t, { words: long, emulator: { scopes }, options: { fileAfter } });
  const { slack, said, stream, answer, calls } = scene;
  await scene.begin(long.slice(0, 5_000));
  await scene.drive(stream.close());
  const opened = await stream.opened;
  assert.ok(opened && opened !== 'unknown');
  stream.append(long.slice(5_000));

  const texts = slack.adapter.split(long, opened, answer.destination);
  const ids = [answer.id, 'answer000000000000000002'];
  for (const [part, text] of texts.entries()) {
    const message = { ...answer, text, part, parts: texts.length, id: ids[part] ?? '' };
    await scene.drive(deliver(slack, part === 0 ? { ...message, opened } : message));
  }

  const [head, file, ...more] = shownIn(slack, said);
  assert.equal(more.length, 0);
  assert.ok(head?.text.endsWith(note) && head.text.length > 3_000 && !head.streaming);
  assert.equal(file?.files.length, 1);
  assert.equal(found({ slack, said })[1], long);
  assert.ok(calls.every(({ method }) => method !== 'chat.update'));
});
