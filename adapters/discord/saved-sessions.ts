import type { AdapterContext } from '../../src/adapter.ts';
import type { Json } from '../../src/message.ts';
import { parseSaved, stateKeyOf, toLostSession } from './session.ts';

/** Discord recommends a thousand guilds a shard or so; what is damaged must not be counted up to. */
const maxShards = 10_000;

/**
 * What is saved of each shard's session, by its number.
 *
 * Where Discord wants another number of shards than before, no session can be resumed, and a server may be another shard's than it was: then every
 * shard is to fetch what any of the earlier ones may have missed. That is saved before the first of them connects, from the last shard to
 * the first, whose state tells how many there were: whoever dies in between begins anew.
 */
export async function loadSessions(
  context: Pick<AdapterContext, 'accept' | 'loadState'>,
  shardCount: number,
): Promise<readonly (Json | undefined)[]> {
  const first = parseSaved(await context.loadState(stateKeyOf(0)));
  const earlier = first?.shardCount ?? shardCount;
  if (!first || earlier === shardCount || earlier > maxShards) return loadStates(context, shardCount);
  const saved = (await loadStates(context, earlier)).flatMap((state) => parseSaved(state) ?? []);
  const gapSince = Math.min(...saved.map(({ gapSince: since, savedAt }) => since ?? savedAt));
  const value = toLostSession(first, { shardCount, gapSince });
  for (let id = shardCount - 1; id >= 0; id -= 1) await context.accept([], { key: stateKeyOf(id), value });
  return Array.from({ length: shardCount }, () => value);
}

async function loadStates({ loadState }: Pick<AdapterContext, 'loadState'>, count: number): Promise<(Json | undefined)[]> {
  const states: (Json | undefined)[] = [];
  for (let id = 0; id < count; id += 1) states.push(await loadState(stateKeyOf(id)));
  return states;
}
