/**
 * The text without what a terminal would obey: escape sequences that move the cursor, rewrite what stands above, set the title or fill the
 * clipboard all begin with a control character. Line breaks and tabs stay. Character by character, so that pieces can be treated as they come.
 */
export function toPlainText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not get out
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
