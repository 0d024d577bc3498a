/**
 * Telling a message of ours that comes back to us: a desk announces each comment, the bot's own among them, and who answers that never stops.
 */
export interface OwnSigns {
  /** Why it surely is ours, where the event itself says so. */
  readonly sure?: string | undefined;
  /** What the event calls the message: ours have the id that they were sent under, or that the platform gave them. */
  readonly ids: readonly string[];
  /** Ids that marks in the text name. Who quotes an answer sends its mark along: the text must be part of it, too. */
  readonly marks: readonly string[];
  /** What may be the whole text of the message. */
  readonly texts: readonly string[];
}

export type MarkStyle = 'visible' | 'invisible';

/** Adds the id to an answer, for it to be known by when it comes back. */
export function addMark(text: string, id: string, style: MarkStyle): string {
  return style === 'visible' ? `${text}\n\n[parley:${id}]` : `${text}${toHidden(id)}`;
}

export function findMarks(text: string): readonly string[] {
  const visible = [...text.matchAll(visibleMark)].map(([, id = '']) => id);
  const hidden = [...text.matchAll(hiddenMark)].flatMap(([, bits = '']) => fromHidden(bits) ?? []);
  return [...visible, ...hidden].slice(0, maxMarks);
}

/** A text without marks and tags, as its beginning is looked for. */
export function toBare(text: string): string {
  return text.replace(visibleMark, '').replace(hiddenMark, '').replace(tag, '').trim();
}

/** Whether all that is said in `text` stands in the answer: whoever quotes it and goes on says more. */
export function isPartOf(text: string, answer: string): boolean {
  const words = toWords(text);
  return words !== '' && toWords(answer).includes(words);
}

/** Whether so much is said that nobody else would say the same by chance. */
export function isTelling(text: string): boolean {
  return text.length >= minTelling && toWords(text).length >= minTelling;
}

export function saysTheSame(text: string, answer: string): boolean {
  return toWords(text) === toWords(answer);
}

/** Fewer letters than this say nothing about who wrote them. */
const minTelling = 24;
const maxMarks = 4;
const visibleMark = /\[parley:([0-9a-z]{24})\]/g;
const tag = /<\/?[a-z][^<>]{0,500}>/gi;

/** Letters and digits: how it is set differs from desk to desk. */
function toWords(text: string): string {
  return toBare(text)
    .replaceAll(/&#?\w{1,10};/g, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '')
    .toLowerCase();
}

/** Six bits for each character of the id, in characters without width, between two invisible separators. */
const [zero, one, separator] = ['\u200B', '\u200C', '\u2063'];
const hiddenMark = new RegExp(`${separator}([${zero}${one}]{144})${separator}`, 'g');
const bitsPerCharacter = 6;

function toHidden(id: string): string {
  const bits = Array.from(id, (character) => Number.parseInt(character, 36).toString(2).padStart(bitsPerCharacter, '0')).join('');
  return `${separator}${bits.replaceAll('0', zero).replaceAll('1', one)}${separator}`;
}

function fromHidden(hidden: string): string | undefined {
  const bits = hidden.replaceAll(zero, '0').replaceAll(one, '1');
  const values = (bits.match(/.{6}/g) ?? []).map((each) => Number.parseInt(each, 2));
  return values.every((value) => value < 36) ? values.map((value) => value.toString(36)).join('') : undefined;
}
