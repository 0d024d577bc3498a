import type { Json } from '../../src/message.ts';
import { isRecord } from './record.ts';
import { isSnowflake } from './snowflake.ts';

export const modes = ['mention', 'follow', 'all', 'posts', 'off'] as const;
export type Mode = (typeof modes)[number];

/** Ids of people and of roles. */
export interface Allowed {
  readonly users?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
}

/** What admins have set for one server or channel; what is left out is as configured. */
export interface PlaceRules {
  readonly mode?: Mode;
  readonly autoThread?: boolean;
  /** `everyone`: over whatever the configuration says. */
  readonly allow?: 'everyone' | Allowed;
}

/** As far as it is well formed: a later version may have written it. */
export function parsePlaceRules(rules: Json): PlaceRules {
  if (!isRecord(rules)) return {};
  const { autoThread } = rules;
  const mode = modes.find((each) => each === rules['mode']);
  const allow = parseAllow(rules['allow']);
  return { ...(mode ? { mode } : {}), ...(typeof autoThread === 'boolean' ? { autoThread } : {}), ...(allow ? { allow } : {}) };
}

function parseAllow(allow: unknown): PlaceRules['allow'] {
  if (allow === 'everyone') return allow;
  if (!isRecord(allow)) return undefined;
  return { users: idsIn(allow['users']), roles: idsIn(allow['roles']) };
}

function idsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(isSnowflake) : [];
}
