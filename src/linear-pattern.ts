import { parsePattern, type Assertion, type Node } from './linear-pattern-syntax.ts';

export interface Covered {
  readonly start: number;
  readonly end: number;
}

/**
 * A regular expression that takes time by the length of the text and by its own, whatever the text says: every way through it is gone at once, a
 * character at a time, and none is tried twice. The operator writes it, but who writes the text is anybody.
 */
export interface LinearPattern {
  /** All that any match covers, in order; what overlaps is one piece. Empty matches cover nothing. */
  covered(text: string): readonly Covered[];
  test(text: string): boolean;
}

type Instruction =
  | { readonly op: 'character'; readonly matches: (code: number) => boolean }
  | { readonly op: 'split'; readonly other: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'assert'; readonly assertion: Assertion }
  | { readonly op: 'match' };

/** Each costs time at every character of a text, which anybody may write. */
const mostInstructions = 1_000;

/**
 * The syntax is that of JavaScript with the flag `u`, without what cannot be matched in linear time: no references back and no looking ahead or behind.
 * `^` and `$` are the ends of lines, and `\b` knows the letters of all scripts. Throws a SyntaxError or RangeError that says what is wrong.
 */
export function createLinearPattern(source: string, { ignoreCase = false } = {}): LinearPattern {
  const program: Instruction[] = [];
  compile(parsePattern(source, ignoreCase), program);
  program.push({ op: 'match' });
  const mayBegin = beginningsOf(program);
  return {
    covered: (text) => run(program, { text, mayBegin, onlyFirst: false }),
    test: (text) => run(program, { text, mayBegin, onlyFirst: true }).length > 0,
  };
}

function emit(program: Instruction[], instruction: Instruction): number {
  if (program.length >= mostInstructions) throw new RangeError('The pattern is too large: repeat less in it');
  return program.push(instruction) - 1;
}

function compile(node: Node, program: Instruction[]): void {
  if (node.type === 'character') emit(program, { op: 'character', matches: node.matches });
  else if (node.type === 'assertion') emit(program, { op: 'assert', assertion: node.assertion });
  else if (node.type === 'sequence') for (const each of node.nodes) compile(each, program);
  else if (node.type === 'choice') compileChoice(node.nodes, program);
  else compileRepeat(node, program);
}

function compileChoice(nodes: readonly Node[], program: Instruction[]): void {
  const jumps: number[] = [];
  for (const [index, node] of nodes.entries()) {
    const split = index < nodes.length - 1 ? emit(program, { op: 'jump', to: 0 }) : undefined;
    compile(node, program);
    if (split === undefined) continue;
    jumps.push(emit(program, { op: 'jump', to: 0 }));
    program[split] = { op: 'split', other: program.length };
  }
  for (const jump of jumps) program[jump] = { op: 'jump', to: program.length };
}

function compileRepeat({ node, least, most }: Node & { type: 'repeat' }, program: Instruction[]): void {
  for (let count = 0; count < least; count += 1) compile(node, program);
  const splits: number[] = [];
  for (let count = least; count < (most ?? least + 1); count += 1) {
    splits.push(emit(program, { op: 'jump', to: 0 }));
    compile(node, program);
  }
  if (most === undefined) emit(program, { op: 'jump', to: splits[0] ?? 0 });
  for (const split of splits) program[split] = { op: 'split', other: program.length };
}

/** Whether a match may begin with this character: most places of a text are passed by without a look at the program. */
function beginningsOf(program: readonly Instruction[]): (code: number) => boolean {
  const first: ((code: number) => boolean)[] = [];
  const seen = new Set<number>();
  const stack = [0];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const instruction = program[at];
    if (instruction?.op === 'character') first.push(instruction.matches);
    else if (instruction?.op === 'jump') stack.push(instruction.to);
    else if (instruction?.op === 'split') stack.push(at + 1, instruction.other);
    else if (instruction?.op === 'assert') stack.push(at + 1);
  }
  const ascii = Uint8Array.from({ length: 128 }, (_, code) => (first.some((matches) => matches(code)) ? 1 : 0));
  return (code) => (code < 128 ? ascii[code] === 1 : first.some((matches) => matches(code)));
}

interface Run {
  readonly text: string;
  readonly mayBegin: (code: number) => boolean;
  readonly onlyFirst: boolean;
}

/** A way through the program, and where it began. Earlier ones stand first, so that each instruction is reached by the earliest. */
interface Thread {
  readonly at: number;
  readonly start: number;
}

function run(program: readonly Instruction[], { text, mayBegin, onlyFirst }: Run): readonly Covered[] {
  const found: Covered[] = [];
  const reached = new Int32Array(program.length).fill(-1);
  let threads: Thread[] = [];
  for (let index = 0; index <= text.length;) {
    const code = text.codePointAt(index);
    const next: Thread[] = [];
    const follow = (from: number, start: number, position: number): void => {
      const stack = [from];
      for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
        if (reached[at] === position) continue;
        reached[at] = position;
        const instruction = program[at];
        if (instruction?.op === 'character') next.push({ at, start });
        else if (instruction?.op === 'jump') stack.push(instruction.to);
        else if (instruction?.op === 'split') stack.push(instruction.other, at + 1);
        else if (instruction?.op === 'match') add(found, { start, end: position });
        else if (instruction?.op === 'assert' && holds(instruction.assertion, text, position)) stack.push(at + 1);
      }
    };
    // What is reached here was put there by the character before; this place is a beginning as well.
    for (const { at, start } of threads) follow(at, start, index);
    if (code !== undefined && mayBegin(code)) follow(0, index, index);
    if (onlyFirst && found.length > 0) return found;
    if (code === undefined) break;
    threads = [];
    for (const { at, start } of next) {
      const instruction = program[at];
      if (instruction?.op === 'character' && instruction.matches(code)) threads.push({ at: at + 1, start });
    }
    index += code > 0xffff ? 2 : 1;
  }
  return found;
}

/** By their ends they come in order; by their beginnings they may reach back over several. */
function add(found: Covered[], { start, end }: Covered): void {
  if (start === end) return;
  let from = start;
  for (let last = found.at(-1); last && last.end > from; last = found.at(-1)) {
    from = Math.min(from, last.start);
    found.pop();
  }
  found.push({ start: from, end });
}

const wordCharacter = /[\p{L}\p{N}_]/u;

function holds(assertion: Assertion, text: string, position: number): boolean {
  if (assertion === 'lineStart') return position === 0 || text[position - 1] === '\n';
  if (assertion === 'lineEnd') return position === text.length || text[position] === '\n';
  const isBoundary = wordCharacter.test(characterBefore(text, position)) !== wordCharacter.test(characterAt(text, position));
  return isBoundary === (assertion === 'boundary');
}

function characterAt(text: string, position: number): string {
  const code = text.codePointAt(position);
  return code === undefined ? '' : String.fromCodePoint(code);
}

function characterBefore(text: string, position: number): string {
  const isPair = position > 1 && (text.codePointAt(position - 2) ?? 0) > 0xffff;
  return text.slice(Math.max(0, position - (isPair ? 2 : 1)), position);
}
