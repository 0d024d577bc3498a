import { isIPv6 } from 'node:net';
import { matchesOf, type Find } from './find.ts';

const v4 =
  /(?<![\p{L}\p{N}.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\p{L}\p{N}]|\.\d)/gu;
const v6 = /(?<![\p{L}\p{N}:.])[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?::?(?:\d{1,3}\.){3}\d{1,3})?(?![\p{L}\p{N}:])/giu;

/** Addresses of IP. A version of four numbers looks the same. */
export const findIps: Find = function* findIps(text) {
  yield* matchesOf(v4, text);
  for (const place of matchesOf(v6, text)) {
    const address = text.slice(place.start, place.end);
    if (address.length > 3 && isIPv6(address)) yield place;
  }
};
