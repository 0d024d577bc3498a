/** What one source file imports, and its code without what is not code. There is no compiler API to ask, so this reads the text itself. */
export interface ScannedFile {
  readonly imports: readonly ScannedImport[];
  /** The source with comments, regular expressions and the content of strings blanked out; every line keeps its number. */
  readonly code: string;
}

export interface ScannedImport {
  readonly specifier: string;
  readonly line: number;
  /** `type`: gone at run time. `dynamic`: import() or new URL(..., import.meta.url). `reexport`: export ... from. */
  readonly kind: 'value' | 'type' | 'dynamic' | 'reexport';
}

export function scanSource(source: string): ScannedFile {
  const code = blankOut(source);
  const found = patterns.flatMap(({ pattern, kind }) =>
    Array.from(code.matchAll(pattern), (match) => {
      const end = match.index + match[0].length;
      const start = match.index + match[0].search(/['"]/);
      const isType = /^(?:import|export)\s+type\b/.test(match[0]) || /^import\s*\{(?:\s*type\s[^,}]*,?)+\}/.test(match[0]);
      return {
        specifier: source.slice(start + 1, end - 1),
        line: lineAt(source, match.index),
        isUrl: match[0].startsWith('new'),
        kind: isType && kind === 'value' ? ('type' as const) : kind,
      };
    }),
  );
  // A URL may also lead to a folder of data files, which is nothing imported.
  const imports = found
    .filter(({ specifier, isUrl }) => !isUrl || /\.[jt]s$/.test(specifier))
    .map(({ isUrl: _, ...imported }) => imported);
  return { imports: imports.toSorted((a, b) => a.line - b.line), code };
}

export function lineAt(source: string, index: number): number {
  return source.slice(0, index).split('\n').length;
}

/** Strings are blanked out by now: between their quotes there are only spaces. */
const patterns = [
  { kind: 'value', pattern: /\bimport\s+(?:type\s+)?[\w$*{},\s]+?\s*\bfrom\s*(?:' *'|" *")/g },
  { kind: 'value', pattern: /\bimport\s*(?:' *'|" *")/g },
  { kind: 'dynamic', pattern: /\bimport\s*\(\s*(?:' *'|" *")/g },
  { kind: 'dynamic', pattern: /\brequire\s*\(\s*(?:' *'|" *")/g },
  { kind: 'dynamic', pattern: /\bnew\s+URL\s*\(\s*(?:' *'|" *")(?=\s*,\s*import\.meta\.url)/g },
  { kind: 'reexport', pattern: /\bexport\s+(?:type\s+)?(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\})\s*from\s*(?:' *'|" *")/g },
] as const;

/** A regular expression can only start where a value can: after one of these, or after one of these words. */
const beforeRegex = /(?:^|[({[,;:=!&|?+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|await|yield|void|throw|new|delete))\s*$/;

function blankOut(source: string): string {
  let code = '';
  /** Open template literals; each counts the braces that are open inside its current ${ }. */
  const templates: number[] = [];
  let at = 0;
  const skip = (length: number) => {
    code += source.slice(at, at + length).replaceAll(/[^\n]/g, ' ');
    at += length;
  };
  const keep = () => {
    code += source[at];
    at += 1;
  };

  while (at < source.length) {
    const rest = source.slice(at, at + 2);
    const character = source[at];
    if (rest === '//') skip(lengthUntil(source, at, /\n/g) - at);
    else if (rest === '/*') skip(lengthUntil(source, at + 2, /\*\//g) + 2 - at);
    else if (character === "'" || character === '"') {
      const end = endOfQuoted(source, at);
      keep();
      skip(end - at);
      if (at < source.length) keep();
    } else if (character === '/' && beforeRegex.test(code.slice(-40))) {
      skip(endOfRegex(source, at) - at);
      // A value stands here: a slash after it divides.
      code = `${code.slice(0, -1)}0`;
    } else if (character === '`') {
      skip(1);
      skip(endOfTemplateText(source, at) - at);
      enterOrLeave();
    } else if (templates.length > 0 && character === '}' && templates.at(-1) === 0) {
      templates.pop();
      skip(1);
      skip(endOfTemplateText(source, at) - at);
      enterOrLeave();
    } else {
      if (templates.length > 0 && character === '{') templates.push((templates.pop() ?? 0) + 1);
      if (templates.length > 0 && character === '}') templates.push((templates.pop() ?? 0) - 1);
      keep();
    }
  }
  return code;

  function enterOrLeave(): void {
    if (source[at] === '`') skip(1);
    else if (at < source.length) {
      skip(2);
      templates.push(0);
    }
  }
}

function lengthUntil(source: string, from: number, pattern: RegExp): number {
  pattern.lastIndex = from;
  return pattern.exec(source)?.index ?? source.length;
}

function endOfQuoted(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== source[start] && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
  return at;
}

/** Where the text of a template literal ends: at its closing quote or at the next ${. */
function endOfTemplateText(source: string, start: number): number {
  let at = start;
  while (at < source.length && source[at] !== '`' && source.slice(at, at + 2) !== '${') at += source[at] === '\\' ? 2 : 1;
  return at;
}

function endOfRegex(source: string, start: number): number {
  let at = start + 1;
  let inClass = false;
  while (at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/')) {
    if (source[at] === '[') inClass = true;
    if (source[at] === ']') inClass = false;
    at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}
