import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toConversationId } from '../../../src/conversation-id.ts';
import { createKnowledge } from '../../../src/knowledge/knowledge.ts';
import { collectionOf, type KnowledgeSource } from '../../../src/knowledge/source.ts';
import { silentLog } from '../../../src/log.ts';
import { createBuiltinModel } from '../../../src/model/builtin.ts';
import type { Place, PlaceRule } from '../../../src/place-rule.ts';
import { createSearchKnowledge } from '../../../src/tools/search-knowledge.ts';
import { collect, textOf } from '../../contracts/model-contract.ts';
import { documentOf, openKnowledgeStore } from './open-knowledge-store.ts';

const content = { type: 'folder', folder: '/documents' } as const;
const never = new AbortController().signal;
const [adapters, tenants, channels] = [
  ['slack', 'discord'],
  ['T1', 'T2'],
  ['C1', 'C2'],
] as const;

interface Spot {
  readonly adapter: string;
  readonly tenant: string;
  readonly channel: string;
}

const spots: readonly Spot[] = adapters.flatMap((adapter) =>
  tenants.flatMap((tenant) => channels.map((channel) => ({ adapter, tenant, channel }))),
);

function toPlace({ adapter, tenant, channel }: Spot): Place {
  return { adapter, tenant, conversationId: toConversationId({ adapter, tenant, path: [channel, '1700.1'] }) };
}

const some = (names: readonly string[]) => fc.option(fc.subarray([...names], { minLength: 1 }), { nil: undefined });
const rule = fc.record({ adapters: some(adapters), tenants: some(tenants), channels: some(channels) });
const allow = fc.option(fc.array(rule, { minLength: 1, maxLength: 2 }), { nil: undefined });

/** Written anew, spot by spot, from what the documentation says of a rule. */
function maySee(rules: readonly PlaceRule[] | undefined, spot: Spot): boolean {
  if (rules === undefined) return true;
  return rules.some((each) => {
    if (each.adapters && !each.adapters.some((name) => name === spot.adapter)) return false;
    if (each.tenants && !each.tenants.some((name) => name === spot.tenant)) return false;
    return !each.channels || each.channels.some((name) => name === spot.channel);
  });
}

test('finds at each place what may be seen there, and nothing else, by the tool as by the built-in model', async () => {
  const seed = Date.now() % 2 ** 31;
  await fc
    .assert(
      fc.asyncProperty(fc.array(allow, { minLength: 1, maxLength: 4 }), async (scopes) => {
        const store = openKnowledgeStore();
        const sources = scopes.map((rules, index) => ({ name: `s${index}`, allow: rules, content }));
        for (const source of sources) {
          const { name } = source;
          const passage = { source: `${name}.md`, heading: `Lamp ${name}`, text: `The lamp of ${name} is red.`, position: 0 };
          await store.putDocument({ ...documentOf(`${name}.md`, 'h', collectionOf(source)), title: `Lamp ${name}` }, [passage]);
        }
        const knowledge = createKnowledge({ store, log: silentLog, sources: () => Promise.resolve(sources) });
        const tool = createSearchKnowledge(knowledge);
        const model = createBuiltinModel(knowledge);

        for (const spot of spots) {
          const place = toPlace(spot);
          const use = { ...place, callId: 'c', author: { id: 'U', name: 'U', isBot: false }, signal: never };
          const expected = sources.filter((source) => maySee(source.allow, spot)).map(({ name }) => name);
          const ask = (text: string) =>
            collect(model, never, undefined, { system: '', messages: [{ role: 'user', text }], place }).then(textOf);
          const said = [await tool.run({ question: 'lamp red' }, use), await ask('Is the lamp red?'), await ask('hello')];

          assert.deepEqual(namesIn(said[0] ?? '', sources), expected, 'by the tool');
          for (const text of said) for (const name of namesIn(text, sources)) assert.ok(expected.includes(name), text);
          assert.equal(namesIn(said[1] ?? '', sources).length > 0, expected.length > 0, 'by the built-in model');
        }
        await store.close();
      }),
      { seed, numRuns: 60, verbose: true },
    )
    .catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
});

function namesIn(text: string, sources: readonly Pick<KnowledgeSource, 'name'>[]): readonly string[] {
  return sources.map(({ name }) => name).filter((name) => text.includes(`${name}.md`) || text.includes(`Lamp ${name}`));
}

test('where no place is known, only what all may see is found; a scope that is narrowed holds at the next search', async (t) => {
  const store = openKnowledgeStore();
  t.after(() => store.close());
  for (const name of ['open', 'closed'])
    await store.putDocument(documentOf(`${name}.md`, 'h', collectionOf({ name, content })), [
      { source: `${name}.md`, heading: '', text: 'The lamp is red.', position: 0 },
    ]);
  let sources: readonly Omit<KnowledgeSource, 'refreshMs'>[] = [
    { name: 'open', content },
    { name: 'closed', content, allow: [{ tenants: ['T1'] }] },
  ];
  const knowledge = createKnowledge({ store, log: silentLog, sources: () => Promise.resolve(sources) });
  const find = async (place?: Place) =>
    (await knowledge.search({ question: 'lamp red', place })).map(({ source }) => source).toSorted();
  const place = toPlace({ adapter: 'slack', tenant: 'T1', channel: 'C1' });

  const before = [await find(), await find(place)];
  sources = [{ name: 'closed', content, allow: [{ tenants: ['T2'] }] }];
  const after = [await find(), await find(place), await knowledge.topics(place)];

  assert.deepEqual(before, [['open.md'], ['closed.md', 'open.md']]);
  sources = [{ name: 'closed', content: { type: 'folder', folder: '/other' } }];
  const elsewhere = await find(place);

  assert.deepEqual(after, [[], [], []]);
  assert.deepEqual(elsewhere, [], 'what was read for another source of the same name');
});
