/** Bodies of the type application/x-www-form-urlencoded, as the URL standard reads them. */

/** Far more than any sender's event has, and few enough to sort at once. */
const maxFields = 1_000;

/** Fields in the order of the body; undefined where there are too many. */
export function parseForm(body: string | Uint8Array): readonly (readonly [name: string, value: string])[] | undefined {
  const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');
  let separators = 0;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) {
    separators += 1;
    if (separators >= maxFields) return undefined;
  }
  return [...new URLSearchParams(text)];
}

/**
 * Names and values, sorted by name and written one after the other: what Twilio signs. Of a field that comes several times each
 * value counts once, in order.
 */
export function toSortedForm(body: string | Uint8Array): string {
  const fields = new Map<string, Set<string>>();
  for (const [name, value] of parseForm(body) ?? []) fields.set(name, (fields.get(name) ?? new Set()).add(value));
  return [...fields]
    .toSorted(([one], [other]) => compare(one, other))
    .flatMap(([name, values]) => [...values].toSorted(compare).map((value) => name + value))
    .join('');
}

/** By code units, as senders sort: no language has a say in it. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
