import type { Json } from '../../src/message.ts';
import type { SlackChannel } from './channel-settings.ts';
import { isRecord } from './receive.ts';

/** What admins have set for one channel; what is left out is as configured. */
export interface PlaceRules extends Pick<SlackChannel, 'mode' | 'reply'> {
  /** Over whatever the configuration says. */
  readonly allow?: 'everyone' | { readonly users: readonly string[] };
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
