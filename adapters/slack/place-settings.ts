import type { AdapterPlaces } from '../../src/adapter.ts';
import type { Json } from '../../src/message.ts';
import type { NewPlaceChange, PlaceChange, PlaceChangeResult } from '../../src/place-settings.ts';
import type { SlackChannel } from './channel-settings.ts';
import { isRecord } from './receive.ts';

/** What admins have set for one channel; what is left out is as configured. */
export interface PlaceRules extends Pick<SlackChannel, 'mode' | 'reply'> {
  /** Over whatever the configuration says. */
  readonly allow?: 'everyone' | { readonly users: readonly string[] };
}

export interface SlackPlaces {
  /** What has been set last. */
  get(tenant: string, channel: string): PlaceChange | undefined;
  /** Loads what was set before this process. */
  load(): Promise<void>;
  /** Holds for the next message when it resolves. */
  change(change: NewPlaceChange): Promise<PlaceChangeResult>;
}

/** What admins have set, held here: it is looked at with every message. */
export function createSlackPlaces(places: AdapterPlaces): SlackPlaces {
  let held = new Map<string, PlaceChange>();
  const load = async (): Promise<void> => {
    held = new Map((await places.list()).map((change) => [keyOf(change.tenant, change.place), change]));
  };
  return {
    get: (tenant, channel) => (held.size === 0 ? undefined : held.get(keyOf(tenant, channel))),
    load,
    change: async (change) => {
      const result = await places.change(change);
      await load();
      return result;
    },
  };
}

function keyOf(tenant: string, channel: string): string {
  return `${tenant}/${channel}`;
}

const modes = ['mention', 'follow', 'off'] as const;
const replies = ['thread', 'channel', 'ephemeral'] as const;

/** As far as it is well formed: a later version may have written it. */
export function parsePlaceRules(rules: Json): PlaceRules {
  if (!isRecord(rules)) return {};
  const mode = modes.find((each) => each === rules['mode']);
  const reply = replies.find((each) => each === rules['reply']);
  const allow = parseAllow(rules['allow']);
  return { ...(mode ? { mode } : {}), ...(reply ? { reply } : {}), ...(allow ? { allow } : {}) };
}

function parseAllow(allow: unknown): PlaceRules['allow'] {
  if (allow === 'everyone') return allow;
  if (!isRecord(allow) || !Array.isArray(allow['users'])) return undefined;
  return { users: allow['users'].filter((user): user is string => typeof user === 'string') };
}

/** The configuration's settings with those of the admins over them, field by field. */
export function overlay(configured: SlackChannel, { allow, ...rules }: PlaceRules): SlackChannel {
  const joined = { ...configured, ...rules };
  if (allow === undefined) return joined;
  return { ...joined, allow: allow === 'everyone' ? undefined : allow };
}
