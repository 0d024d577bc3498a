/** What a terminal would obey, and what makes text read otherwise than it stands there: control characters and marks of direction. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text from outside as it may be shown in a terminal. Line breaks and tabs stay. */
export function toPrintable(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(unprintable, '?');
}

/** The same in one line. */
export function toPrintableLine(text: string): string {
  return toPrintable(text).replaceAll(/\s*[\n\t]\s*/g, ' ');
}

/** JSON for scripts that is safe to look at too: JSON itself leaves most of these characters as they are. */
export function toPrintableJson(value: unknown): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(value, null, 2).replaceAll(unprintable, escape)}\n`;
}
