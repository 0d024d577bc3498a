/**
 * What a model writes, made safe for `markdown_text`. Slack makes `<!channel>`, `<@U…>` and their like live wherever they stand, in code too,
 * and clients turn `@here` into a call for everybody. A zero-width space inside takes the life out of exactly these and changes
 * nothing else, so that code which merely contains `<!` or `@` stays as it was written.
 *
 * What has been streamed must remain the beginning of what is sent in the end: for every text and every `end` that `stableLength` gives,
 * `neutralise(text.slice(0, end))` is how `neutralise(text)` begins.
 */
const liveMentions =
  /<(?=!(?:channel|here|everyone|group)\b|!subteam\^|@[UW][A-Z0-9])|(?<![\w.@])@(?=(?:channel|here|everyone|group)\b)/gi;

const zeroWidthSpace = '\u200b';

export function neutralise(text: string): string {
  if (!text.includes('<') && !text.includes('@')) return text;
  return text.replaceAll(liveMentions, `$&${zeroWidthSpace}`);
}

/** No mention is longer before it can be told from other text, and no word is held back that is. */
const longestHeld = 64;

/**
 * How much of a growing text can be shown now: up to the last word, which may be the beginning of a mention. Slack may also drop white space
 * at the start of a piece, so pieces end after it. `eager` shows the last word too where it cannot become a mention.
 */
export function stableLength(text: string, eager: boolean): number {
  const start = Math.max(0, text.length - longestHeld);
  let suspicious = text.length;
  for (let index = text.length - 1; index >= start; index -= 1) {
    const character = text.charAt(index);
    if (character === '<' || character === '@') suspicious = index;
    if (character.trim() !== '') continue;
    return eager && suspicious === text.length ? wholeCharacters(text) : index + 1;
  }
  if (start === 0 && !eager) return 0;
  // One long word, or a script that puts no spaces between words.
  return Math.min(suspicious, wholeCharacters(text));
}

/** Without the first half of a character whose second half is still to come. */
function wholeCharacters(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length;
}
