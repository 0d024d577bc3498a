import { type Citation, toCitation } from './conversation.ts';

/** A passage as it is shown in a chat, with where it stands under it. */
export function toQuotation({ excerpt, ...citation }: Citation & { readonly excerpt: string }): string {
  return `${toChatText(excerpt)}\n\n${toCitation(citation)}`;
}

/** Without what makes no sense away from the document: images, and links to neighbouring files. Nor may it pass for a citation. */
function toChatText(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- control characters are what must not get into a chat
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
      .replaceAll(/!\[([^\]\n]{0,300})\]\([^)\n]{0,1000}\)/g, '$1')
      .replaceAll(/\[([^\]\n]{1,300})\]\((?!https?:|mailto:)[^)\n]{0,1000}\)/g, '$1')
      .replaceAll(/^— `/gm, '- `')
      .trim()
  );
}
