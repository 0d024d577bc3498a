import { lineAt, type ScannedFile } from './import-scan.ts';

/** What one file may not do by itself, whoever it imports. */
export interface CodeViolation {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly wayOut: string;
}

const maxLines = 300;

interface CodeRule {
  readonly pattern: RegExp;
  readonly rule: string;
  readonly wayOut: string;
  readonly appliesTo: (path: string) => boolean;
}

const everywhere = (): boolean => true;
const isProduct = (path: string): boolean => path.startsWith('src/') || path.startsWith('adapters/');
const isOutsideClock = (path: string): boolean => isProduct(path) && path !== 'src/clock.ts';
const useClock = 'Take a Clock as an argument (src/clock.ts).';

const rules: readonly CodeRule[] = [
  {
    pattern: /\bprocess\s*\.\s*env\b/g,
    rule: 'reads process.env',
    wayOut: 'Add the setting to src/config/ and take its value as an argument.',
    appliesTo: (path) => isProduct(path) && path !== 'src/config.ts',
  },
  { pattern: /\bDate\s*\.\s*now\b/g, rule: 'uses Date.now', wayOut: useClock, appliesTo: isOutsideClock },
  {
    pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))/g,
    rule: 'uses the current date',
    wayOut: useClock,
    appliesTo: isOutsideClock,
  },
  { pattern: /\bperformance\s*\.\s*now\b/g, rule: 'uses performance.now', wayOut: useClock, appliesTo: isOutsideClock },
  { pattern: /\bMath\s*\.\s*random\b/g, rule: 'uses Math.random', wayOut: useClock, appliesTo: isOutsideClock },
  {
    pattern: /\bAbortSignal\s*\.\s*timeout\b/g,
    rule: 'sets a timer with AbortSignal.timeout',
    wayOut: useClock,
    appliesTo: isOutsideClock,
  },
  {
    pattern: /(?:(?<![.\w$])|\bglobalThis\s*\.\s*)set(?:Timeout|Interval)\b/g,
    rule: 'sets a timer',
    wayOut: useClock,
    appliesTo: isOutsideClock,
  },
  {
    pattern: /\bimport\s*\(\s*(?!['"\s])/g,
    rule: 'imports something that is only known at run time',
    wayOut: 'Write the name into the import().',
    appliesTo: isProduct,
  },
  {
    pattern: /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/g,
    rule: 'has a default export',
    wayOut: 'Give it a name and export that.',
    appliesTo: everywhere,
  },
];

export function checkCode(file: string, source: string, { code, imports }: ScannedFile): CodeViolation[] {
  const found = rules
    .filter(({ appliesTo }) => appliesTo(file))
    .flatMap(({ pattern, rule, wayOut }) =>
      Array.from(code.matchAll(pattern), (match) => ({ file, line: lineAt(code, match.index), rule, wayOut })),
    );
  const timers = imports
    .filter(
      ({ specifier, kind }) => /^(?:node:)?timers(?:\/promises)?$/.test(specifier) && kind !== 'type' && isOutsideClock(file),
    )
    .map(({ specifier, line }) => ({ file, line, rule: `imports ${specifier}`, wayOut: useClock }));
  const lines = source.trimEnd().split('\n').length;
  const long = {
    file,
    line: maxLines,
    rule: `has ${lines} lines; ${maxLines} are the most`,
    wayOut: 'Split it into two things.',
  };
  return [...found, ...timers, ...(lines > maxLines ? [long] : [])];
}
