import type { OutboundMessage } from '../../src/message.ts';
import { isRecord } from './receive.ts';

/** Tells which message of ours it is: opaque, because every app in the channel can read it. */
const metadataType = 'parley_reply';

export function toMetadata({ id }: OutboundMessage) {
  return { event_type: metadataType, event_payload: { oid: id } };
}

/** The id of the message that carries this metadata; undefined where it is none of ours. */
export function oidOf(metadata: unknown): unknown {
  if (!isRecord(metadata) || metadata['event_type'] !== metadataType || !isRecord(metadata['event_payload'])) return undefined;
  return metadata['event_payload']['oid'];
}
