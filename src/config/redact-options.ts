import { redactedKinds } from '../redacted-kinds.ts';
import type { Settings } from './schema.ts';

/** What is taken out, with `all` as the kinds that it stands for, and whether that is anything. */
export function toRedactOptions({ kinds: named, patterns, images }: Settings['safety']['redact']) {
  const kinds = redactedKinds.filter((kind) => named.includes(kind) || named.includes('all'));
  return { kinds, patterns, images, isOn: kinds.length + Object.keys(patterns).length > 0 };
}
