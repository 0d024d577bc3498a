import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { Tool } from '../../../src/tools/tool.ts';
import type { ToolServer } from '../../../src/tools/toolbox.ts';
import { createDecision, createMessage } from '../../support/inbound.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { asking, unanswered, type Answer } from '../../support/test-model.ts';
import { createScene, given, type SceneOptions } from './approvals-scene.ts';

const minuteMs = 60_000;
/** What the outbox gets from another hand than its own is looked for once in a second. */
const pollMs = 2_000;

/** Somebody has asked for a refund, and a person is asked to approve it. */
async function openPending(t: TestContext, options: SceneOptions = {}) {
  const scene = createScene(t, options);
  const { parley } = scene;
  await parley.start();
  await parley.receive(createMessage('please refund A-1'));
  const { id = '' } = (await scene.pending()) ?? {};
  const press = async (name: 'approve' | 'decline', data: Parameters<typeof createDecision>[2] = {}) => {
    await parley.receive(createDecision(name, id, { by: 'bob', sentAt: parley.clock.now(), ...data }));
    await parley.clock.advance(pollMs);
  };
  return { ...scene, id, press };
}

describe('a call that a person has to approve', () => {
  test('is shown with its title and arguments, in a message of its own with buttons, and is not made', async (t) => {
    const { parley, made, id } = await openPending(t, {
      answer: async function* () {
        yield { type: 'text', text: 'I would refund it. ```' };
        yield* asking(['refund', given]);
      },
    });

    const [said, request] = parley.shown();
    assert.equal(said, 'I would refund it. ```');
    assert.match(
      request ?? '',
      /^\*\*A person has to approve this first: Refunding an order\*\* \(`refund`\)\n\n```\namount: 5\norder: "A-1"\n```/,
    );
    assert.match(request ?? '', new RegExp(`Nothing is done before. Until \\d{4}-.* UTC; .parley tools approvals ${id}.`));
    assert.deepEqual(parley.adapter.sends.at(-1)?.approval, { id, isOpen: true });
    assert.equal(parley.adapter.sends[0]?.approval, undefined);
    assert.deepEqual(made, []);
    assert.deepEqual(
      (await parley.store.listToolCalls({ limit: 5 })).map(({ state }) => state),
      ['refused'],
    );
    await parley.stop();
  });

  test('is asked for one after the other with the other calls of its step: none of them is dropped', async (t) => {
    const other = { amount: 6, order: 'B-2' };
    const { parley, made, pending } = createScene(t, {
      answer: (request) => {
        const said = unanswered(request).join(' ');
        if (said.includes('have not been made') && said.includes('B-2')) return asking(['refund', other]);
        return said.includes('A note of the program') ? 'Both are refunded.' : asking(['refund', given], ['refund', other]);
      },
    });
    await parley.start();
    await parley.receive(createMessage('please refund A-1 and B-2'));
    const approve = async () => {
      const { id = '' } = (await pending()) ?? {};
      await parley.receive(createDecision('approve', id, { by: 'bob', sentAt: parley.clock.now() }));
      await parley.clock.advance(pollMs);
    };

    await approve();
    const afterFirst = [...made];
    await approve();

    assert.deepEqual(afterFirst, [JSON.stringify(given)]);
    assert.deepEqual(made, [JSON.stringify(given), JSON.stringify(other)]);
    assert.equal(parley.shown().at(-1), 'Both are refunded.');
    await parley.stop();
  });

  test('is made once with those arguments when it is approved, and the model goes on with the result', async (t) => {
    const { parley, made, press, id } = await openPending(t);

    await press('approve');
    await press('approve', { by: 'bob' });

    assert.deepEqual(made, [JSON.stringify(given)]);
    const [request, answer, told] = parley.shown();
    assert.match(request ?? '', /\*\*Approved by bob\*\*, \d{4}-/);
    assert.match(answer ?? '', /^So: .*Approved by bob\..*"result":"refunded"/s);
    assert.match(told ?? '', /Your press changes nothing/);
    const [call] = await parley.store.listToolCalls({ acting: true, limit: 5 });
    assert.deepEqual([call?.id, call?.state, call?.arguments], [id, 'done', '{"amount":5,"order":"A-1"}']);
    await parley.stop();
  });

  test('is not made when it is declined, and the model hears why', async (t) => {
    const { parley, made, press } = await openPending(t);

    await press('decline', { reason: 'too\u202e much' });

    assert.deepEqual(made, []);
    assert.match(parley.shown()[1] ?? '', /Declined by bob\. The reason given: "too much"\. It was not called/);
    await parley.stop();
  });

  test('is not made when nobody has decided in time, and the model is told', async (t) => {
    const { parley, made, press } = await openPending(t);
    await parley.clock.advance(60 * minuteMs);

    await parley.store.expireApprovals({ limit: 10 });
    await parley.clock.advance(2_000);
    await press('approve');

    assert.deepEqual(made, []);
    const [request, answer] = parley.shown();
    assert.match(request ?? '', /\*\*Nobody decided in time\*\*/);
    assert.match(answer ?? '', /^So: .*Nobody decided in time/s);
    await parley.stop();
  });

  test('waits while other questions are answered, and is made by none of them', async (t) => {
    const { parley, made, press } = await openPending(t);

    await parley.receive(createMessage('hello'));
    await parley.receive(createMessage('yes, approved, do it', { by: 'bob' }));
    const before = [...made];
    await press('approve');

    assert.deepEqual(before, []);
    assert.deepEqual(made, [JSON.stringify(given)]);
    assert.deepEqual(parley.shown().slice(1, 3), ['Hello.', 'Hello.']);
    await parley.stop();
  });

  for (const { who, data } of [
    { who: 'who asked, where the settings do not say so', data: { by: 'ann' } },
    { who: 'anybody who says that they may', data: { by: 'eve', authority: 'any' as const } },
  ]) {
    test(`is not made for a press by ${who}`, async (t) => {
      const { parley, made, press, pending } = await openPending(t);

      await press('approve', data);

      assert.deepEqual(made, []);
      assert.ok(await pending());
      assert.match(parley.shown().at(-1) ?? '', /Only who the operator has named/);
      assert.equal(parley.adapter.sends.at(-1)?.destination['seenBy'], data.by);
      await parley.stop();
    });
  }

  test('is not made when the person who asked may not use the tool any more', async (t) => {
    const first = await openPending(t);
    const { clock, database, adapter } = first.parley;
    first.parley.kill();
    const { parley, made } = createScene(t, { clock, database, adapter, owner: 'p2', offered: false });
    await parley.start();

    await parley.receive(createDecision('approve', first.id, { by: 'bob', sentAt: clock.now() }));
    await clock.advance(pollMs);

    assert.deepEqual(made, []);
    assert.match(parley.shown()[1] ?? '', /may not be used here any more/);
    await parley.stop();
  });

  test('is not made when the decision was seen too late', async (t) => {
    const { parley, made, press } = await openPending(t, { staleAfterMs: 5 * minuteMs });
    await parley.clock.advance(10 * minuteMs);

    await press('approve', { sentAt: parley.clock.now() - 6 * minuteMs });

    assert.deepEqual(made, []);
    assert.match(parley.shown()[1] ?? '', /saw what was decided only now/);
    await parley.stop();
  });

  test('is named with the command that decides where there are no buttons', async (t) => {
    const { parley, id } = await openPending(t, { adapter: createFakeAdapter() });

    assert.match(parley.shown()[0] ?? '', new RegExp(`An operator decides: .parley tools approve ${id}.`));
    assert.equal(parley.adapter.sends[0]?.approval, undefined);
    await parley.stop();
  });

  test('shows outsiders neither tools nor arguments', async (t) => {
    const { parley, pending } = createScene(t, { adapter: createFakeAdapter() });
    await parley.start();

    await parley.receive(createMessage('refund', { author: { id: 'desk', name: 'desk', isBot: true } }));

    assert.match(parley.shown().join('\n'), /^_\(A colleague has to approve the next step/);
    assert.equal((await pending())?.tool, 'refund');
    await parley.stop();
  });

  test('is not asked for again while the same call waits', async (t) => {
    const { parley, made } = await openPending(t, {
      answer: (request) =>
        request.messages.at(-1)?.role === 'tool' ? (request.messages.at(-1)?.text ?? '') : asking(['refund', given]),
    });

    await parley.receive(createMessage('what about my refund?'));

    assert.match(parley.shown().at(-1) ?? '', /asked to approve this very call/);
    assert.equal((await parley.store.listApprovals({ pending: true, limit: 10 })).length, 1);
    assert.deepEqual(made, []);
    await parley.stop();
  });

  test('leaves out the other calls of its step', async (t) => {
    const { parley, made, press } = await openPending(t, {
      answer: (request, call) =>
        call === 1 ? asking(['refund', given], ['refund', { amount: 9 }]) : (request.messages.at(-1)?.text ?? ''),
    });

    await press('approve');

    assert.deepEqual(made, [JSON.stringify(given)]);
    assert.equal((await parley.store.listApprovals({ pending: false, limit: 10 })).length, 1);
    await parley.stop();
  });

  describe('of a server of tools that is away when it is approved', () => {
    /** A server of its own with one tool, up while the request is made. */
    async function openAway(t: TestContext) {
      const made: string[] = [];
      const back = Promise.withResolvers<void>();
      const state = { isUp: true };
      const tool: Tool = {
        ...{ name: 'crm__erase', title: 'Asking crm', description: '', readOnly: false, untrusted: true, parameters: {} },
        run: async (value) => `erased ${made.push(JSON.stringify(value))}`,
      };
      const server: ToolServer = {
        name: 'crm',
        get isUp() {
          return state.isUp;
        },
        tools: () => (state.isUp ? [tool] : []),
        whenUp: () => back.promise,
      };
      const answer: Answer = (request) => {
        const said = unanswered(request).join(' ');
        return said.includes('A note of the program') ? said : asking(['crm__erase', { of: 7 }]);
      };
      const options = { servers: [server], answer };
      const scene = await openPending(t, options);
      state.isUp = false;
      const comeBack = (): void => {
        state.isUp = true;
        back.resolve();
      };
      return { ...scene, options, made, comeBack };
    }

    test('waits for that, and is made once', async (t) => {
      const { parley, made, press, comeBack } = await openAway(t);
      await press('approve');
      const before = [...made];

      comeBack();
      await parley.clock.advance(pollMs);

      assert.deepEqual([before, made], [[], ['{"of":7}']]);
      assert.match(parley.shown()[1] ?? '', /erased 1/);
      await parley.stop();
    });

    test('is told to be out of reach after the time that a call may take', async (t) => {
      const { parley, made, press } = await openAway(t);
      await press('approve');
      const before = parley.shown().length;

      await parley.clock.advance(4_000);

      assert.match(parley.shown()[1] ?? '', /not called: .* cannot be reached just now/);
      assert.deepEqual([before, made], [1, []]);
      await parley.stop();
    });

    test('is made by the next process where this one stops meanwhile', async (t) => {
      const { parley, options, made, press, comeBack } = await openAway(t);
      await press('approve');
      await parley.stop(0);
      const { adapter, clock, database } = parley;
      const next = createScene(t, { ...options, adapter, clock, database, owner: 'p2' });

      comeBack();
      await next.parley.start();
      await clock.advance(pollMs);

      assert.deepEqual(made, ['{"of":7}']);
      assert.match(next.parley.shown()[1] ?? '', /erased 1/);
      await next.parley.stop();
    });
  });
});
