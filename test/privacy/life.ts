import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ModelError } from '../../src/errors.ts';
import type { InboundEvent, InboundMessage } from '../../src/message.ts';
import type { ModelEvent, ModelRequest } from '../../src/model/model.ts';
import { createRemember } from '../../src/tools/remember.ts';
import { createSearchConversation } from '../../src/tools/search-conversation.ts';
import { createToolbox } from '../../src/tools/toolbox.ts';
import { createFakeAdapter, type FakeAdapter } from '../support/fake-adapter.ts';
import { createRandom } from '../support/fake-clock.ts';
import { createGate, type Gate } from '../support/gate.ts';
import { asking, createTestModel, orAborted } from '../support/test-model.ts';
import { createTestParley, type TestParley } from '../support/test-parley.ts';
import { createChecker, findInLedger, isSummary, listOthers, secretsIn, textOf, type Checker } from './checker.ts';
import { adapterNames, rooms, type Room } from './world.ts';

export interface LifeFigures {
  readonly requests: number;
  readonly crossings: number;
  readonly forgotten: number;
  readonly remembered: number;
  readonly summaries: number;
}

/** Longer than the outbox waits between two looks. */
const pollMs = 2_000;
const chat = 'Words about nothing in particular. '.repeat(8);
const limits = { steps: 3, callsPerStep: 8, callTimeoutMs: 5_000, totalMs: 20_000, resultLength: 4_000 };

/** People of several tenants say secrets, have them remembered, change their minds and are forgotten, while a model tells all that it can get. */
export async function live(test: TestContext, { seed, steps }: { seed: number; steps: number }): Promise<LifeFigures> {
  const scene = createScene(test, seed);
  await scene.parley.start();
  for (let step = 0; step < steps; step += 1) {
    try {
      await scene.act();
      scene.verify();
    } catch (error) {
      throw new Error(`seed ${seed}, step ${step}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  scene.release();
  await scene.parley.stop();
  scene.verify();
  return scene.figures();
}

interface Spoken {
  readonly room: Room;
  readonly message: InboundMessage;
}

function createScene(test: TestContext, seed: number) {
  const random = createRandom(seed);
  const checker = createChecker(rooms);
  const hanging: { gate: Gate | undefined } = { gate: undefined };
  const problems: unknown[] = [];
  const adapters = adapterNames.map((name) => createWatched(name, { checker, problems }));
  const model = createEager({ checker, hanging, problems, random });
  const late: { parley?: TestParley } = {};
  const read = async (conversationId: string) =>
    (await late.parley?.store.transcript({ conversationId, limit: 2_000, sinceReset: true })) ?? [];
  const parley = createTestParley(test, {
    ...{ model, adapters, adapter: adapters[0], contextTokens: 1_200, summaries: true },
    revisions: { reviseWithinMs: 3_600_000, withdrawDeleted: true },
    toolbox: createToolbox({ tools: [createRemember(), createSearchConversation(read)], rules: [{ tools: ['*'] }], limits }),
    readFiles: async ({ attachments }) => attachments.map(({ name }) => ({ type: 'text', name, text: `It says ${name}.` })),
  });
  late.parley = parley;
  const people = createPeople({ parley, checker, random });
  let forgotten = 0;

  return {
    parley,
    release: () => hanging.gate?.open(),
    act: async () => {
      if (hanging.gate && random() < 0.4) {
        hanging.gate.open();
        hanging.gate = undefined;
        await parley.clock.advance(0);
      } else if (!hanging.gate && random() < 0.1) hanging.gate = createGate();
      if (random() < 0.06) {
        await people.forget();
        forgotten += 1;
      } else await people.act();
      await parley.clock.advance(random() < 0.2 ? 60_000 : 10);
    },
    verify: () => {
      if (problems.length > 0) throw problems[0];
    },
    figures: (): LifeFigures => ({
      summaries: model.requests.filter(isSummary).length,
      ...{ requests: model.requests.length, crossings: checker.crossings, forgotten },
      remembered: Number(parley.database.db.prepare('select coalesce(max(seq), 0) from fact').pluck().get()),
    }),
  };
}

/** A platform that looks at each message before it is shown. */
function createWatched(name: string, { checker, problems }: Pick<EagerParts, 'checker' | 'problems'>): FakeAdapter {
  const adapter = createFakeAdapter({ name });
  return {
    ...adapter,
    send: (message, signal) => {
      try {
        checker.sent(message);
      } catch (error) {
        problems.push(error);
      }
      return adapter.send(message, signal);
    },
  };
}

interface EagerParts {
  readonly checker: Checker;
  readonly hanging: { readonly gate: Gate | undefined };
  readonly problems: unknown[];
  readonly random: () => number;
}

/** It searches, has everything remembered that it sees, and tells all of it. */
function createEager({ checker, hanging, problems, random }: EagerParts) {
  return createTestModel(async (request, _, signal): Promise<string | AsyncIterable<ModelEvent>> => {
    try {
      checker.request(request);
    } catch (error) {
      problems.push(error);
    }
    const secrets = secretsIn(textOf(request));
    if (hanging.gate && random() < 0.5) await orAborted(hanging.gate.opened, signal);
    if (random() < 0.04) throw new ModelError({ message: 'It does not want to.', retryable: false });
    const hasTools = request.tools !== undefined && !request.answersNow && !request.messages.some(({ role }) => role === 'tool');
    if (!hasTools) return `${markOf(request)} I know ${secrets.join(' ')}.`;
    const calls = secrets.slice(-6).map((words): [string, object] => ['remember', { words }]);
    return asking(['search_conversation', { words: 'sec' }], ...calls);
  });
}

function markOf(request: ModelRequest): string {
  return (
    textOf(request)
      .match(/\bq\d+q/g)
      ?.at(-1) ?? ''
  );
}

interface PeopleParts {
  readonly parley: TestParley;
  readonly checker: Checker;
  readonly random: () => number;
}

function createPeople({ parley, checker, random }: PeopleParts) {
  const spoken: Spoken[] = [];
  const busy = Array.from({ length: 6 }, () => rooms[Math.floor(random() * rooms.length)] ?? assert.fail());
  /** Most of it happens in a few rooms, whose talk becomes long enough to be summed up. */
  const where = (): Room => pick(random() < 0.6 ? busy : rooms);
  let count = 0;
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] ?? assert.fail();
  // The store is shared, so is the worker: every platform's events come in through it.
  const receive = async (...events: InboundEvent[]): Promise<void> => {
    for (const event of events) await parley.worker.accept({ adapter: event.adapter, events: [event] });
    await parley.clock.advance(0);
  };

  function compose(room: Room, text: string, person = pick(room.people)): InboundMessage {
    count += 1;
    const { adapter, tenant, conversationId, audience, isDirect } = room;
    return {
      type: 'message',
      ...{ adapter, tenant, conversationId, text, isDirect, eventId: `q${count}q`, messageId: `m${count}` },
      ...(audience === undefined ? {} : { audience }),
      sentAt: parley.clock.now(),
      author: { id: person, name: person, isBot: false },
      attachments: [],
      addressed: true,
      destination: { place: conversationId },
    };
  }

  function say(): InboundMessage {
    const room = where();
    count += 1;
    const secret = `sec${count}x`;
    const wish = pick(['remember that', 'please remember', 'by the way', 'so']);
    const isTyped = random() < 0.2;
    const attachments = !isTyped && random() < 0.1 ? [{ name: `sec${1_000_000 + count}x.txt`, mimeType: 'text/plain' }] : [];
    const message = { ...compose(room, ''), attachments };
    const { eventId, messageId, author } = message;
    const text = isTyped ? `/remember ${secret}` : `${eventId} ${wish} ${secret} ${random() < 0.5 ? chat : ''}`;
    const secrets = [secret, ...attachments.flatMap(({ name }) => secretsIn(name))];
    checker.said(room, { person: author.id, messageId, eventId, secrets });
    spoken.push({ room, message: { ...message, text } });
    return { ...message, text };
  }

  function command(room: Room, text: string, person?: string): InboundMessage {
    const message = compose(room, text, person);
    checker.commanded(room, { person: message.author.id, eventId: message.eventId });
    return message;
  }

  async function change(): Promise<void> {
    if (spoken.length === 0) return;
    const { room, message } = pick(spoken);
    const { adapter, tenant, conversationId, messageId } = message;
    count += 1;
    const base = { adapter, tenant, conversationId, messageId, eventId: `change${count}`, sentAt: parley.clock.now() };
    checker.gone(messageId);
    if (random() < 0.5) return receive({ type: 'delete', ...base });
    const secret = `sec${count}x`;
    checker.said(room, { person: message.author.id, messageId, eventId: message.eventId, secrets: [secret] });
    return receive({ type: 'edit', ...base, text: `${message.eventId} rather ${secret}` });
  }

  return {
    act: async () => {
      const dice = random();
      if (dice < 0.45) return receive(say());
      if (dice < 0.55) return receive(say(), say(), say());
      if (dice < 0.75) return receive(ask());
      if (dice < 0.83)
        return receive(command(where(), pick(['/memory', 'What do you know about me?', 'Was weißt du über mich'])));
      if (dice < 0.93) return change();
      return receive(command(where(), '/reset'));
    },
    forget: async () => {
      const room = where();
      const message = command(room, pick(['Forget me!', '/forget me', 'vergiss mich']));
      const person = { ...room, id: message.author.id };
      const onlyIn = room.adapter === 'webhook' ? room.conversationId : null;
      // What is on its way arrives all the same: the outbox looks for what it was not handed once in a second.
      await parley.clock.advance(pollMs);
      const others = listOthers(parley.database.db, person, onlyIn);
      await receive(message);
      if (!isDone(await statusOf(message))) return; // It waits behind a turn that hangs.
      const secrets = checker.forgottenBy(message.eventId);
      assert.deepEqual(findInLedger(parley.database.db, secrets), [], `${person.id} of ${room.tenant} is forgotten`);
      const left = new Set(listOthers(parley.database.db, person, onlyIn));
      assert.deepEqual(
        others.filter((each) => !left.has(each)),
        [],
        'others are not',
      );
    },
  };

  function ask(): InboundMessage {
    const message = compose(where(), '');
    const text = `${message.eventId} what do you know? ${chat}`;
    const { eventId, messageId, author } = message;
    checker.said(rooms.find(({ conversationId }) => conversationId === message.conversationId) ?? assert.fail(), {
      ...{ person: author.id, messageId, eventId, secrets: [] },
    });
    return { ...message, text };
  }

  function statusOf({ adapter, tenant, eventId }: InboundMessage) {
    return parley.store.status({ adapter, tenant, eventId });
  }
}

function isDone(status: Awaited<ReturnType<TestParley['store']['status']>>): boolean {
  return status?.state === 'answered' && status.reason === '/forget';
}
