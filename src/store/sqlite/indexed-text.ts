/** What follows it in a column is only there to be found. No text of a document has it. */
const separator = '\u001e';

export function withWords(text: string, words: string): string {
  return words === '' ? text : `${text}${separator}${words}`;
}

export function withoutWords(text: string): string {
  const end = text.indexOf(separator);
  return end < 0 ? text : text.slice(0, end);
}
