/**
 * A conversation id names one line of talk on one surface: `slack:T1:C1:1700000000.000100`.
 * Its parts are percent-encoded where they hold a colon, a percent sign, a space or a control character, so that the id can be taken apart again.
 */
export interface ConversationAddress {
  readonly adapter: string;
  readonly tenant: string;
  /** The adapter's own parts, at least one: channel and thread, channel, ticket. */
  readonly path: readonly string[];
}

export function toConversationId(address: ConversationAddress): string {
  if (address.path.length === 0) throw new TypeError('A conversation id needs at least one path part.');
  return [address.adapter, address.tenant, ...address.path].map(encodePart).join(':');
}

/** The address behind an id, or undefined where the text is no conversation id. */
export function parseConversationId(id: string): ConversationAddress | undefined {
  const parts = id.split(':');
  if (parts.length < 3) return undefined;
  try {
    const [adapter, tenant, ...path] = parts.map(decodeURIComponent);
    if (!adapter || tenant === undefined) return undefined;
    return { adapter, tenant, path };
  } catch {
    return undefined; // A stray percent sign: not ours.
  }
}

/** Where a conversation is: its channel, of which it may be a thread, or its ticket. Conversations of one place may have the same readers. */
export function toPlaceId(conversationId: string): string {
  const { adapter, tenant, path } = parseConversationId(conversationId) ?? {};
  const [place] = path ?? [];
  return adapter === undefined || tenant === undefined || place === undefined
    ? conversationId
    : toConversationId({ adapter, tenant, path: [place] });
}

function encodePart(part: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not get into ids and logs
  return part.toWellFormed().replaceAll(/[%:\s\u0000-\u001f\u007f]/g, (character) => encodeURIComponent(character));
}
