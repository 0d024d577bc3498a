import { parseConversationId } from './conversation-id.ts';

/** Where something holds. What is left out holds for all. */
export interface PlaceRule {
  readonly adapters?: readonly string[] | undefined;
  readonly tenants?: readonly string[] | undefined;
  /** The first part of a conversation's path: the channel, as the platform calls it by id. */
  readonly channels?: readonly string[] | undefined;
}

/** Where somebody asks. */
export interface Place {
  readonly adapter: string;
  readonly tenant: string;
  readonly conversationId: string;
}

/** Whether the rule holds there. */
export function holdsAt({ adapters, tenants, channels }: PlaceRule, place: Place): boolean {
  const channel = parseConversationId(place.conversationId)?.path[0] ?? '';
  return isIn(adapters, place.adapter) && isIn(tenants, place.tenant) && isIn(channels, channel);
}

function isIn(list: readonly string[] | undefined, value: string): boolean {
  return list === undefined || list.includes(value);
}
