import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { createModeration, type ModerationOptions } from '../../../src/conversation/moderation.ts';
import { ModelError } from '../../../src/errors.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createMessage } from '../../support/inbound.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { asking, createTestModel } from '../../support/test-model.ts';
import { createTestParley, type TestParleyOptions } from '../../support/test-parley.ts';
import { createToolbox } from '../../../src/tools/toolbox.ts';

const rules = { insult: { words: ['blockhead', 'pyramid scheme'], patterns: ['b[a4]d+\\s*w[o0]rd'] } };
const unasked = () => Promise.reject(new Error('nobody is to be asked'));

function moderationBy(options: Partial<ModerationOptions>) {
  return createModeration({
    input: [],
    output: [],
    rules,
    onFailure: 'refuse',
    endpoint: unasked,
    log: createMemoryLog(),
    ...options,
  });
}

async function start(t: TestContext, options: Partial<ModerationOptions>, more: TestParleyOptions = {}) {
  const parley = createTestParley(t, { ...more, moderation: moderationBy(options) });
  await parley.start();
  return parley;
}

const asked = ({ model }: { readonly model: { readonly requests: readonly object[] } }): string => JSON.stringify(model.requests);
const failing = (retryable: boolean) => () =>
  Promise.reject(new ModelError({ message: 'no verdict', publicMessage: 'It cannot be checked.', retryable }));

describe('what people write', () => {
  test('never reaches the model where it is flagged; who wrote it is told, with an id, and what is said later is answered without it', async (t) => {
    const parley = await start(t, { input: ['rules'] });
    const flagged = createMessage('You B\u200blockhead!');

    await parley.receive(flagged);
    await parley.receive(createMessage('Are you there?'));

    const [notice, answer] = parley.shown();
    const id = /against the rules that are set here.* id: (\S+)\.$/.exec(notice ?? '')?.[1] ?? '';
    const status = await parley.status(flagged);
    assert.deepEqual([status?.state, status?.reason], ['refused', `moderation.input: insult (${id})`]);
    assert.equal(answer, 'Answer to: Are you there?');
    assert.doesNotMatch(asked(parley), /lockhead/);
    const kept = await parley.store.transcript({ conversationId: flagged.conversationId, limit: 10 });
    assert.deepEqual(
      kept.map(({ text }) => text),
      ['Are you there?', 'Answer to: Are you there?'],
    );
    await parley.stop();
  });

  test('is answered beside what is flagged, each once and in its own turn', async (t) => {
    const parley = await start(t, { input: ['rules'] });

    const questions = [
      createMessage('one'),
      createMessage('two', { by: 'bob' }),
      createMessage('a pyramid  scheme', { by: 'eve' }),
      createMessage('b4ddd w0rd', { by: 'eve' }),
      createMessage('three'),
    ];
    await parley.receive(...questions);

    const shown = parley.shown();
    assert.equal(shown.length, 3, shown.join('\n'));
    assert.match(shown[0] ?? '', /one.*two/);
    assert.match(shown[1] ?? '', /I cannot take these messages/);
    assert.match(shown[2] ?? '', /three/);
    assert.deepEqual(
      parley.adapter.sends.map(({ inReplyTo }) => inReplyTo),
      [1, 3, 4].map((index) => questions[index]?.eventId),
    );
    assert.doesNotMatch(asked(parley), /pyramid|b4ddd/);
    await parley.stop();
  });

  test('is checked anew when it is edited, and then what was answered before stands with a note', async (t) => {
    const revisions = { reviseWithinMs: 60_000, withdrawDeleted: true };
    const parley = await start(t, { input: ['rules'] }, { revisions });
    const message = createMessage('Who are you?');
    await parley.receive(message);

    const { adapter, tenant, conversationId, messageId, author, destination } = message;
    const edit = {
      adapter,
      tenant,
      conversationId,
      messageId,
      author,
      destination,
      eventId: 'edited',
      sentAt: message.sentAt + 1,
    };
    await parley.receive({ ...edit, type: 'edit', text: 'Who are you, blockhead?' });
    await parley.receive(createMessage('And now?'));

    assert.match(parley.shown()[0] ?? '', /^Answer to: Who are you\?\s+_I cannot take this message/);
    assert.doesNotMatch(asked(parley), /blockhead/);
    await parley.stop();
  });

  test('that came into the conversation unchecked is left out of what the model is shown', async (t) => {
    const first = createTestParley(t);
    await first.start();
    await first.receive(createMessage('I am a blockhead.'));
    await first.stop();
    const { clock, database, adapter } = first;

    const parley = await start(t, { input: ['rules'] }, { clock, database, adapter, owner: 'p2' });
    await parley.receive(createMessage('What did I say?'));

    assert.equal(parley.model.requests.length, 1);
    assert.doesNotMatch(JSON.stringify(parley.model.requests[0]?.messages.filter(({ role }) => role === 'user')), /blockhead/);
    await parley.stop();
  });

  test('waits while there is no verdict, and after the last attempt its person is told; nothing of it is kept for later turns', async (t) => {
    let calls = 0;
    const endpoint: ModerationOptions['endpoint'] = async (texts) => {
      calls += 1;
      if (calls <= 5) return failing(true)();
      return texts.map(() => undefined);
    };
    const parley = await start(t, { input: ['endpoint'], endpoint });
    const question = createMessage('an unchecked question');

    await parley.receive(question);
    await parley.clock.advance(5 * 60_000);
    await parley.receive(createMessage('another'));

    assert.equal((await parley.status(question))?.state, 'failed');
    assert.match(parley.shown()[0] ?? '', /^It cannot be checked\. .* id /);
    assert.doesNotMatch(asked(parley), /unchecked/);
    assert.equal(parley.model.requests.length, 1);
    await parley.stop();
  });

  test('passes without a verdict where that is allowed, and the log says so', async (t) => {
    const log = createMemoryLog();
    const parley = await start(t, { input: ['endpoint'], endpoint: failing(true), onFailure: 'allow', log });

    await parley.receive(createMessage('hello'));

    assert.deepEqual(parley.shown(), ['Answer to: hello']);
    assert.equal(
      log.lines.filter(({ level, message }) => level === 'warn' && message.startsWith('a text passes unchecked')).length,
      1,
    );
    await parley.stop();
  });

  test('is asked about once, and by rules before anybody else is asked', async (t) => {
    const texts: string[] = [];
    const endpoint: ModerationOptions['endpoint'] = async (given) => {
      texts.push(...given);
      return given.map((text) => (text.includes('three') ? 'violence' : undefined));
    };
    const parley = await start(t, { input: ['rules', 'endpoint'], endpoint });

    for (const text of ['one', 'blockhead', 'two', 'three']) await parley.receive(createMessage(text));

    assert.deepEqual(texts, ['ann', 'one', 'two', 'three']);
    assert.match(parley.shown().at(-1) ?? '', /I cannot take this message/);
    await parley.stop();
  });
});

test('a verdict belongs to its text, whichever of them were known already', async () => {
  const endpoint: ModerationOptions['endpoint'] = async (texts) =>
    texts.map((text) => (text.startsWith('bad') ? text : undefined));
  const { input } = moderationBy({ input: ['rules', 'endpoint'], endpoint });
  const signal = new AbortController().signal;

  await input?.(['a', 'b', 'bad 1'], signal);

  const verdicts = await input?.(['bad 1', 'a', 'blockhead', 'bad 2', 'b', 'c', 'bad 2'], signal);
  assert.deepEqual(verdicts, ['bad 1', undefined, 'insult', 'bad 2', undefined, undefined, 'bad 2']);
});

describe('an answer', () => {
  test('that is flagged is seen by nobody: not while it grows, not at its end, and not by later turns', async (t) => {
    const model = createTestModel((_, call) => (call === 1 ? ['You ', 'block', 'head', '!'] : 'Fine.'));
    const adapter = createFakeAdapter({ stream: 'at once' });
    const parley = await start(t, { output: ['rules'] }, { model, adapter });
    const question = createMessage('what?');

    await parley.receive(question);
    await parley.receive(createMessage('and?'));

    const shown = parley.shown();
    assert.match(shown[0] ?? '', /I do not show it\. If that is a mistake, give the team this id: \S+\.$/);
    assert.equal(shown[1], 'Fine.');
    assert.equal(shown.length, 2);
    assert.match((await parley.status(question))?.reason ?? '', /^moderation\.output: insult \(/);
    assert.deepEqual(
      model.requests[1]?.messages.map(({ text }) => text),
      ['what?', 'and?'],
    );
    assert.equal(adapter.streams.length, 0);
    await parley.stop();
  });

  test('that was made with tools is checked as a whole, and a call that is to be approved with its arguments', async (t) => {
    const limits = { steps: 4, callsPerStep: 4, callTimeoutMs: 5_000, totalMs: 20_000, resultLength: 500 };
    const parameters = { type: 'object', properties: { q: { type: 'string' } } };
    const run = () => Promise.reject(new Error('nobody has approved of it'));
    const tool = {
      name: 'act',
      title: 'Acting',
      description: 'Acts.',
      parameters,
      readOnly: false,
      untrusted: true,
      run,
    };
    const toolbox = createToolbox({ tools: [tool], rules: [{ tools: ['*'] }], limits });
    const model = createTestModel(() => asking(['act', { q: 'send blockhead' }]));
    const parley = await start(t, { output: ['rules'] }, { model, toolbox });

    await parley.receive(createMessage('do it'));

    const shown = parley.shown();
    assert.equal(shown.length, 1);
    assert.match(shown[0] ?? '', /I do not show it/);
    assert.deepEqual(await parley.store.listApprovals({ pending: true, limit: 10 }), []);
    await parley.stop();
  });

  test('that nobody could check is asked for again, and shown once there is a verdict', async (t) => {
    let calls = 0;
    const endpoint: ModerationOptions['endpoint'] = (texts) =>
      (calls += 1) === 1 ? failing(true)() : Promise.resolve(texts.map(() => undefined));
    const parley = await start(t, { output: ['endpoint'], endpoint });

    await parley.receive(createMessage('hello'));
    assert.deepEqual(parley.shown(), []);
    await parley.clock.advance(60_000);

    assert.deepEqual(parley.shown(), ['Answer to: hello']);
    await parley.stop();
  });
});

for (const stage of ['input', 'output'] as const) {
  test(`a process that dies between the check of ${stage} and the commit leaves one notice`, async (t) => {
    const moderation = moderationBy({ [stage]: ['rules'] });
    const model = createTestModel(() => 'You blockhead!');
    const dying = createTestParley(t, {
      model,
      moderation,
      aroundStore: (method, call) => {
        if (method === 'commitTurn') dying.kill();
        return method === 'commitTurn' ? new Promise(() => undefined) : call();
      },
    });
    await dying.start();
    await dying.receive(createMessage('blockhead?'));
    const { clock, database, adapter } = dying;
    const next = createTestParley(t, { clock, database, adapter, model, moderation, owner: 'p2' });

    await next.start();
    await clock.advance(60_000);

    const shown = next.shown();
    assert.equal(shown.length, 1, shown.join('\n'));
    assert.match(shown[0] ?? '', /against the rules/);
    await next.stop();
  });
}
