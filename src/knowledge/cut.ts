/** Cuts a block that is too long for a passage: after lines and sentences, or else words, or else anywhere. Every piece of a code block is one itself. */
export function cutBlock(block: string, limit: number): readonly string[] {
  const [opening = '', marks = ''] = /^ {0,3}(`{3,20}|~{3,20})[^`\n]{0,40}(?=\n)/.exec(block) ?? [];
  if (opening === '') return fill(toSentences(block), limit);
  const body = block.slice(opening.length + 1).replace(/\n *[`~]+$/, '');
  const pieces = fill(toLines(body), limit - opening.length - marks.length - 2);
  return pieces.map((piece) => `${opening}\n${piece}\n${marks}`);
}

/** As many units to a piece as fit. */
function fill(units: Iterable<string>, limit: number): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const unit of units) {
    for (const part of unit.length > limit ? toParts(unit, limit) : [unit]) {
      if (piece.length + part.length > limit) {
        pieces.push(piece);
        piece = '';
      }
      piece += part;
    }
  }
  pieces.push(piece);
  return pieces.map((text) => text.trimEnd()).filter((text) => text !== '');
}

function toSentences(text: string): readonly string[] {
  return text.split(/(?<=\n|[.!?]\s|[。！？])/);
}

function toLines(text: string): readonly string[] {
  return text.split(/(?<=\n)/);
}

function* toParts(unit: string, limit: number): Generator<string> {
  for (const word of unit.split(/(?<=\s)/)) {
    for (let start = 0; start < word.length;) {
      // Not between the halves of a surrogate pair.
      const end =
        start + limit < word.length && /[\ud800-\udbff]/.test(word[start + limit - 1] ?? '') ? start + limit - 1 : start + limit;
      yield word.slice(start, end);
      start = end;
    }
  }
}
