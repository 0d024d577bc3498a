import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createTerminalAdapter, type TerminalAdapter } from '../../../adapters/terminal/index.ts';
import { toPlainText } from '../../../adapters/terminal/plain.ts';
import type { StreamOpening } from '../../../src/adapter.ts';
import type { OutboundMessage } from '../../../src/message.ts';
import { createFakeLedger, type FakeLedger } from '../webhook/fake-ledger.ts';

const never = new AbortController().signal;

interface Terminal {
  readonly adapter: TerminalAdapter;
  readonly ledger: FakeLedger;
  type(text: string): void;
  printed(): string;
  /** Waits until so many lines have been accepted. */
  asked(count: number): Promise<string[]>;
  answer(text: string, data?: Partial<OutboundMessage>): Promise<void>;
}

async function withTerminal({ interactive = false }, use: (terminal: Terminal) => Promise<void>): Promise<void> {
  const input = new PassThrough();
  const output = new PassThrough();
  const ledger = createFakeLedger();
  const adapter = createTerminalAdapter({ input, output, name: 'main', interactive });
  let printed = '';
  output.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await adapter.start(ledger);
  try {
    await use({
      adapter,
      ledger,
      type: (text) => (text === 'EOF' ? input.end() : input.write(text)),
      printed: () => printed,
      asked: async (count) => {
        while (ledger.events.length < count) await new Promise(setImmediate);
        return ledger.events.map(({ text }) => text);
      },
      answer: async (text, data = {}) =>
        void (await adapter.send(createAnswer({ text, inReplyTo: ledger.events.at(-1)?.eventId ?? '', ...data }), never)),
    });
  } finally {
    await adapter.stop();
    await adapter.finished;
  }
  assert.equal(ledger.clock.pending(), 0);
}

function createAnswer(data: Partial<OutboundMessage>): OutboundMessage {
  return {
    id: 'a1',
    conversationId: 'terminal:local:main',
    tenant: 'local',
    inReplyTo: '',
    destination: {},
    text: '',
    part: 0,
    parts: 1,
    attempt: 1,
    createdAt: 0,
    ...data,
  };
}

const opening = { id: 'a1', conversationId: 'terminal:local:main', tenant: 'local', inReplyTo: '', destination: {} };

function openingFor({ events }: FakeLedger): StreamOpening {
  return { ...opening, inReplyTo: events.at(-1)?.eventId ?? '' };
}

test('answers the lines of a pipe one after another, and is finished when all are answered', async () => {
  await withTerminal({}, async ({ adapter, type, printed, asked, answer }) => {
    let finished = false;
    void adapter.finished.then(() => {
      finished = true;
    });
    type('one\n\n  two  \nthree');
    type('EOF');

    assert.deepEqual(await asked(1), ['one']);
    await answer('First.', { id: 'a1' });
    assert.deepEqual(await asked(2), ['one', 'two']);
    await answer('Second.\nWith two lines.\n', { id: 'a2' });
    assert.deepEqual(await asked(3), ['one', 'two', 'three']);
    assert.equal(finished, false);
    await answer('Third.', { id: 'a3' });
    await adapter.finished;

    assert.equal(printed(), 'First.\nSecond.\nWith two lines.\nThird.\n');
  });
});

test('makes each line an event of its own in the conversation of that name', async () => {
  await withTerminal({ interactive: true }, async ({ type, asked, ledger }) => {
    type('same\nsame\n');
    await asked(2);
    const [first, second] = ledger.events;

    assert.notEqual(first?.eventId, second?.eventId);
    assert.deepEqual(
      [first?.adapter, first?.tenant, first?.conversationId, first?.isDirect],
      ['terminal', 'local', 'terminal:local:main', true],
    );
  });
});

test('prints an answer as it grows, and at the end what is missing of it', async () => {
  await withTerminal({}, async ({ adapter, ledger, type, printed, asked, answer }) => {
    type('hi\n');
    await asked(1);
    const stream = adapter.stream?.(openingFor(ledger), never);
    stream?.append('Hello ');
    assert.equal(printed(), 'Hello ');
    stream?.append('wor');
    await stream?.close();
    await answer('Hello world.');

    assert.equal(printed(), 'Hello world.\n');
  });
});

test('prints the whole answer where something else has been streamed', async () => {
  await withTerminal({}, async ({ adapter, ledger, type, printed, asked, answer }) => {
    type('hi\n');
    await asked(1);
    adapter.stream?.(openingFor(ledger), never).append('Hello you');
    await answer('Goodbye.');

    assert.equal(printed(), 'Hello you\nGoodbye.\n');
  });
});

test('starts on a new line when an answer begins anew', async () => {
  await withTerminal({}, async ({ adapter, ledger, type, printed, asked, answer }) => {
    type('hi\n');
    await asked(1);
    adapter.stream?.(openingFor(ledger), never).append('Hello');
    adapter.stream?.(openingFor(ledger), never).append('Good day');
    await answer('Good day.');

    assert.equal(printed(), 'Hello\nGood day.\n');
  });
});

test('prints an answer that is sent twice once', async () => {
  await withTerminal({}, async ({ type, printed, asked, answer }) => {
    type('hi\n');
    await asked(1);
    await answer('Hello.');
    await answer('Hello.');

    assert.equal(printed(), 'Hello.\n');
  });
});

test('takes an answer to the newest question as the answer to all before it', async () => {
  await withTerminal({ interactive: true }, async ({ adapter, type, asked, answer, ledger }) => {
    type('one\ntwo\n');
    await ledger.clock.advance(0);
    await asked(2);
    await answer('Both.');
    await new Promise(setImmediate);

    assert.equal(ledger.clock.pending(), 0);
    type('EOF');
    await adapter.finished;
  });
});

test('still waits for what was asked after the question that is answered', async () => {
  await withTerminal({ interactive: true }, async ({ type, printed, asked, answer, ledger }) => {
    type('one\ntwo\n');
    await ledger.clock.advance(0);
    await asked(2);
    await answer('One.', { inReplyTo: ledger.events[0]?.eventId ?? '' });
    ledger.settle(ledger.events[1]?.eventId ?? '', 'ignored');
    await ledger.clock.advance(1000);

    assert.match(printed(), /One\.[^]*\(no answer: ignored\)/);
  });
});

test('introduces the answer to a question of an earlier run, streamed or not, and says whose it is', async () => {
  await withTerminal({}, async ({ adapter, type, printed, asked, answer }) => {
    const elsewhere = { conversationId: 'terminal:local:trial', inReplyTo: 'before-2' };
    adapter.stream?.({ ...opening, inReplyTo: 'before-1' }, never).append('Better ');
    await answer('Better late.', { inReplyTo: 'before-1' });
    await answer('Part one.', { ...elsewhere, id: 'a2', parts: 2 });
    await answer('Part two.', { ...elsewhere, id: 'a3', part: 1, parts: 2 });
    type('now\n');
    await asked(1);
    await answer('Now.', { id: 'a4' });

    assert.equal(
      printed(),
      '(To what was asked before:)\nBetter late.\n(To what was asked before, in the conversation trial:)\nPart one.\nPart two.\nNow.\n',
    );
  });
});

test('says so when a question gets no answer', async () => {
  await withTerminal({}, async ({ adapter, type, printed, asked, ledger }) => {
    type('hi\n');
    type('EOF');
    await asked(1);
    ledger.settle(ledger.events[0]?.eventId ?? '', 'refused');
    await ledger.clock.advance(1000);
    await adapter.finished;

    assert.equal(printed(), '(no answer: refused)\n');
  });
});

test('says so when a question could not be saved, and goes on', async () => {
  await withTerminal({}, async ({ adapter, type, printed, asked, answer, ledger }) => {
    ledger.failOnce();
    type('one\ntwo\n');
    type('EOF');
    await asked(1);
    await answer('Yes.');
    await adapter.finished;

    assert.equal(printed(), '(That could not be saved, so it gets no answer: disk full)\nYes.\n');
  });
});

test('leaves at /quit, without waiting for answers where somebody types', async () => {
  await withTerminal({ interactive: true }, async ({ adapter, type, asked, answer }) => {
    type('one\n');
    await asked(1);
    type('/quit\nnever read\n');
    await adapter.finished;
    await answer('Too late, but no harm.');

    assert.equal((await asked(1)).length, 1);
  });
});

test('shows a prompt where somebody types, and none in a pipe', async () => {
  await withTerminal({ interactive: true }, async ({ type, printed, asked, answer, ledger }) => {
    await ledger.clock.advance(0);
    assert.equal(printed(), '> ');
    type('hi\n');
    await asked(1);
    await answer('Hello.');

    assert.match(printed(), /^> (> )?Hello\.\n\n> $/);
  });
});

test('lets no control character out, whatever the answer holds and however it is cut', async () => {
  assert.equal(toPlainText('a\u001b[2J\u001b]0;title\u0007b\r\nc\td\u009b31m\u007f'), 'a[2J]0;titleb\nc\td31m');

  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 4 }), async (text, cuts) => {
      await withTerminal({}, async ({ adapter, printed, answer }) => {
        const stream = adapter.stream?.(opening, never);
        let at = 0;
        for (const cut of [...cuts.toSorted((left, right) => left - right), text.length]) {
          if (cut <= at) continue;
          stream?.append(text.slice(at, cut));
          at = cut;
        }
        await answer(text);

        // oxlint-disable-next-line no-control-regex -- that there are none is the point
        assert.doesNotMatch(printed(), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
        const answered = printed().replace('(To what was asked before:)\n', '');
        assert.equal(answered.replace(/\n$/, ''), toPlainText(text).toWellFormed().replace(/\n$/, ''));
      });
    }),
    { numRuns: 200 },
  );
});

test('finishes when nobody reads the answers any more', async () => {
  const output = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const ledger = createFakeLedger();
  const adapter = createTerminalAdapter({ input: new PassThrough(), output, name: 'main', interactive: false });
  await adapter.start(ledger);

  await adapter.send(createAnswer({ text: 'Hello.' }), never);
  await adapter.finished;
  await adapter.stop();
});

test('may be stopped twice, and before it was started', async () => {
  const adapter = createTerminalAdapter({ input: new PassThrough(), output: new PassThrough(), name: 'main', interactive: true });

  await adapter.stop();
  await adapter.stop();
  await adapter.finished;
});
