import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { systemClock } from '../../src/clock.ts';
import { startParley } from '../../src/main.ts';
import { answerOf } from '../kill/answers.ts';
import { toConfig } from '../kill/config.ts';
import { createMemoryLog, type MemoryLog } from '../support/memory-log.ts';
import { createOpenAiEmulator } from '../support/openai-emulator.ts';
import { createHostileGateway, type HostileGateway } from './hostile-gateway.ts';
import { until } from './stage.ts';

const count = 3_000;

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(null, -1, 1e308, [], {}, '', '1', '999999999999999999999999'),
);
const or = (usual: unknown): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: anything });
const message = fc.record(
  {
    ...{
      id: or('1200000000000000001'),
      channel_id: or('1200000000000000002'),
      guild_id: or('1200000000000000003'),
      channel_type: fc.constantFrom(0, 1, 11, 'x', null),
    },
    ...{
      author: fc.oneof(
        { weight: 3, arbitrary: fc.record({ id: or('1200000000000000004'), username: anything, bot: anything }) },
        { weight: 1, arbitrary: anything },
      ),
    },
    ...{
      content: anything,
      mentions: fc.oneof(fc.array(fc.record({ id: anything })), anything),
      mention_roles: anything,
      attachments: fc.oneof(fc.array(anything), anything),
    },
    ...{
      type: fc.constantFrom(0, 19, 7, '0', null),
      message_reference: anything,
      referenced_message: anything,
      edited_timestamp: anything,
      timestamp: anything,
      webhook_id: anything,
      member: anything,
    },
  },
  { requiredKeys: [] },
);
const types = [
  'MESSAGE_CREATE',
  'MESSAGE_UPDATE',
  'MESSAGE_DELETE',
  'MESSAGE_DELETE_BULK',
  'GUILD_CREATE',
  'GUILD_DELETE',
  'CHANNEL_CREATE',
  'THREAD_CREATE',
  'INTERACTION_CREATE',
  'TYPING_START',
  'RESUMED',
  'constructor',
  '__proto__',
  '',
];
const dispatches = fc.record({
  type: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...types) }, { weight: 1, arbitrary: anything }),
  data: fc.oneof({ weight: 3, arbitrary: message }, { weight: 1, arbitrary: anything }),
});

test(`discord: ${count} hostile dispatches break nothing, and an honest question after them is answered`, () =>
  onGateway(async ({ gateway, log, isReady }) => {
    const seed = Math.floor(Math.random() * 1_000_000);
    console.log(`hostile dispatches: seed ${seed}`);

    for (const { type, data } of fc.sample(dispatches, { numRuns: count, seed })) gateway.dispatch(type, data);
    for (const depth of [10, 1_000, 5_000])
      gateway.say(`{"op":0,"t":"MESSAGE_CREATE","s":1,"d":${'{"d":'.repeat(depth)}1${'}'.repeat(depth)}}`);

    await askHonestly(gateway, 'q7');
    assert.equal(await isReady(), 200);
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
    assert.deepEqual(log.find('fatal'), []);
  }));

test('discord: frames that break the protocol end a connection at most, never the process', () =>
  onGateway(async ({ gateway, log, isReady }) => {
    // HELLO and READY without their data are not among them: the SDK takes these two on trust, and nobody but Discord can send them.
    const frames = [
      ...['', 'null', '[]', '{', '"op"', '{"op":0}', '{"op":"0","d":{}}', '{"op":999}', '{"op":7}', '{"op":9,"d":"x"}'],
      ...[
        '{"op":0,"t":"READY","s":2,"d":{}}',
        '{"op":0,"t":"MESSAGE_CREATE","s":-1,"d":{}}',
        '{"op":0,"t":"MESSAGE_CREATE","s":"x","d":[]}',
      ],
    ];

    for (const frame of [...frames, new Uint8Array([0, 255, 1])]) {
      await until(() => gateway.connected() > 0, 'a connection');
      gateway.say(frame);
    }

    await askHonestly(gateway, 'q8');
    assert.equal(await isReady(), 200);
    assert.deepEqual(log.find('fatal'), []);
  }));

/** An id of this moment: what is old is not answered any more. */
function toSnowflake(now: number): string {
  return String(BigInt(now - 1_420_070_400_000) << 22n);
}

/** Until it is answered: a connection that is just being made anew does not hear it. */
async function askHonestly(gateway: HostileGateway, marker: string): Promise<void> {
  const channel = '1300000000000000002';
  const author = { id: '1300000000000000004', username: 'ada', global_name: 'Ada' };
  const isAnswered = (): boolean =>
    [...gateway.written].some(
      ([place, text]) => place.startsWith(channel) && text.includes(`ANSWER ${marker}`) && text.includes('END'),
    );
  const honest = {
    id: toSnowflake(systemClock.now()),
    channel_id: channel,
    channel_type: 1,
    author,
    content: `${marker} please`,
    type: 0,
    mentions: [],
    attachments: [],
    timestamp: new Date().toISOString(),
  };
  let asked = 0;
  await until(() => {
    if (asked % 50 === 0) gateway.dispatch('MESSAGE_CREATE', honest);
    asked += 1;
    return isAnswered();
  }, 'the honest question to be answered');
}

interface Scene {
  readonly gateway: HostileGateway;
  readonly log: MemoryLog;
  isReady(): Promise<number>;
}

async function onGateway(play: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-gateway-'));
  const gateway = createHostileGateway();
  const model = createOpenAiEmulator({ clock: systemClock });
  model.behaviour.answer = answerOf;
  const log = createMemoryLog();
  await Promise.all([gateway.listen(), model.start()]);
  const settings = { env: { DISCORD_TOKEN: gateway.token, DISCORD_API_URL: gateway.apiUrl } };
  const config = await toConfig({ settings, model, dataFolder: join(folder, 'data') });
  const parley = await startParley({ config, log, http: true, onFatal: (error) => log.error('fatal', { error: error.message }) });
  try {
    await play({ gateway, log, isReady: async () => (await fetch(`${parley.url}/readyz`)).status });
  } finally {
    await parley.stop();
    await Promise.all([gateway.close(), model.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}
