/**
 * Cuts Markdown into texts of at most `limit` UTF-16 units, at structure: between blocks, then lines, then sentences, then words, and
 * only as a last resort inside a word (never inside a surrogate pair). A code fence that has to be cut is closed at the end of
 * one text and opened again, with its info string, at the start of the next. No other character is added; only white space
 * at a cut is lost.
 */
export function splitMarkdown(text: string, limit: number): string[] {
  if (text.length <= limit) return text.trim() === '' ? [] : [text];
  const texts: string[] = [];
  let fence: string | undefined;
  let rest = text;
  while (rest.trim() !== '') {
    const opening = fence === undefined ? '' : `${fence}\n`;
    if (opening.length + rest.length <= limit) {
      texts.push(opening + rest);
      break;
    }
    // Room for the closing fence is kept free whether or not it turns out to be needed: 4 covers "\n```", longer fences are measured.
    const room = limit - opening.length - closingOf(fence ?? longestFence(rest)).length - 1;
    const cut = findCut(rest, Math.max(room, 1));
    const piece = rest.slice(0, cut);
    fence = fenceAfter(piece, fence);
    texts.push(opening + piece.replace(/\s+$/, '') + (fence === undefined ? '' : `\n${closingOf(fence)}`));
    rest = rest.slice(cut);
    rest = fence === undefined ? rest.replace(/^\s*\n/, '').replace(/^ +(?=\S)/, '') : rest.replace(/^\n/, '');
  }
  return texts;
}

const fencePattern = /^ {0,3}(`{3,}|~{3,})([^\n`]*)$/;

function closingOf(fence: string): string {
  return /^(`+|~+)/.exec(fence)?.[0] ?? '```';
}

function longestFence(text: string): string {
  let longest = '```';
  for (const [, marks = ''] of text.matchAll(/^ {0,3}(`{3,}|~{3,})/gm)) if (marks.length > longest.length) longest = marks;
  return longest;
}

/** The opening line of the fence that is still open after `text`, given the one open before it. */
function fenceAfter(text: string, before: string | undefined): string | undefined {
  let open = before;
  for (const line of text.split('\n')) {
    const match = fencePattern.exec(line);
    if (!match) continue;
    const [, marks = '', info = ''] = match;
    if (open === undefined) open = marks + info.trimEnd();
    else if (marks[0] === open[0] && marks.length >= closingOf(open).length && info.trim() === '') open = undefined;
  }
  return open;
}

/** Where to cut `text` so that the first piece has at most `room` units: the last good place in its second half, else the last word, else anywhere. */
function findCut(text: string, room: number): number {
  const head = text.slice(0, room + 1);
  for (const separator of ['\n\n', '\n', '. ', ' ']) {
    const at = head.lastIndexOf(separator, room - separator.trimEnd().length);
    if (at > room / 2) return at + separator.length;
  }
  const space = head.lastIndexOf(' ', room);
  if (space > 0) return space + 1;
  const low = text.charCodeAt(room);
  return low >= 0xdc00 && low <= 0xdfff && room > 1 ? room - 1 : room;
}
