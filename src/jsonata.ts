import jsonata from 'jsonata';

/**
 * JSONata (https://docs.jsonata.org): expressions that pick and compute a value from JSON.
 *
 * `checkJsonata` may run anywhere. `evaluateJsonata` belongs into a process that can be ended: its limits hold between the steps of an
 * expression, but a single step (a regular expression, say) runs for as long as it likes.
 */
export interface JsonataLimits {
  /** Looked at between steps. */
  readonly timeoutMs: number;
  /** How many parts of the expression are evaluated, each time one is. */
  readonly maxSteps: number;
  readonly maxDepth: number;
  /** Of one array. */
  readonly maxItems: number;
  /** Of one text, in UTF-16 units. */
  readonly maxLength: number;
}

export const defaultJsonataLimits: JsonataLimits = {
  timeoutMs: 500,
  maxSteps: 200_000,
  maxDepth: 500,
  maxItems: 100_000,
  maxLength: 1_000_000,
};

/** Throws a TypeError that says what is wrong, where, and in which expression. */
export function checkJsonata(expression: string): void {
  let tree: unknown;
  try {
    tree = jsonata(expression).ast();
  } catch (error) {
    throw new TypeError(`${describeJsonataError(error)} in ${quote(expression)}`, { cause: error });
  }
  const found = findVariable(tree, unsteady);
  if (found === undefined) return;
  throw new TypeError(
    `$${found.name}${toPlace(found.position)} is not to be had: an event that arrives again must give the same, in ${quote(expression)}`,
  );
}

export interface JsonataInput {
  readonly data: unknown;
  /** By name, without `$`. */
  readonly bindings?: Readonly<Record<string, unknown>> | undefined;
  readonly limits?: JsonataLimits | undefined;
}

/** What the expression gives; undefined where that is nothing. Rejects with a TypeError. Nothing of `data` is changed. */
export async function evaluateJsonata(expression: string, input: JsonataInput): Promise<unknown> {
  const { data, bindings = {}, limits = defaultJsonataLimits } = input;
  checkJsonata(expression);
  const { timeoutMs: timeout, maxDepth: stack, maxItems: sequence } = limits;
  const compiled = jsonata(expression, { timeout, stack, sequence });
  watch(compiled, limits);
  try {
    const value: unknown = await compiled.evaluate(data, bindings);
    return value;
  } catch (error) {
    throw new TypeError(describeJsonataError(error), { cause: error });
  }
}

/** Where the values stand that an expression names, by the keys that lead to them, wherever in it. Throws a TypeError where it is none. */
export function jsonataPaths(expression: string): readonly (readonly string[])[] {
  checkJsonata(expression);
  return nodesOf(jsonata(expression).ast()).flatMap(({ type, steps }) => {
    if (type !== 'path' || !Array.isArray(steps)) return [];
    const names = (steps as readonly Readonly<Record<string, unknown>>[]).map((step) =>
      // of JSONata's own tree
      step['type'] === 'name' ? String(step['value']) : undefined,
    );
    return names.includes(undefined) ? [] : [names.filter((name) => name !== undefined)];
  });
}

/** What would give something else at another time. `$eval` could call the others. */
const unsteady: ReadonlySet<string> = new Set(['now', 'millis', 'random', 'shuffle', 'eval']);

interface FoundVariable {
  readonly name: string;
  readonly position: unknown;
}

function findVariable(tree: unknown, names: ReadonlySet<string>): FoundVariable | undefined {
  for (const { type, value, position } of nodesOf(tree)) {
    if (type === 'variable' && typeof value === 'string' && names.has(value)) return { name: value, position };
  }
  return undefined;
}

/** Every object of a tree, each once: what an ancestor operator (%) refers to stands in it more than once. */
function nodesOf(tree: unknown): readonly Readonly<Record<string, unknown>>[] {
  const nodes = new Set<Readonly<Record<string, unknown>>>();
  const waiting: unknown[] = [tree];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const found = node as Readonly<Record<string, unknown>>; // an object, as was just seen
    if (nodes.has(found)) continue;
    nodes.add(found);
    waiting.push(...Object.values(node).filter((child) => child !== undefined));
  }
  return [...nodes];
}

/** The hooks by which JSONata's own tools for testing look into an evaluation (jsonata.js, `evaluate`). */
const hooks = { entry: Symbol.for('jsonata.__evaluate_entry'), exit: Symbol.for('jsonata.__evaluate_exit') };

function watch(compiled: jsonata.Expression, { maxSteps, maxLength }: JsonataLimits): void {
  let steps = 0;
  const assign = (name: symbol, hook: unknown) => compiled.assign(name as unknown as string, hook); // Symbols are bound like names.
  assign(hooks.entry, () => {
    steps += 1;
    if (steps > maxSteps) throw new RangeError(`It takes more than ${maxSteps} steps`);
  });
  assign(hooks.exit, (...[, , , value]: readonly unknown[]) => {
    if (typeof value === 'string' && value.length > maxLength) throw tooLong(maxLength);
  });
  compiled.registerFunction(
    'pad',
    (text: string, width: number, filler?: string) => pad({ text, width, filler, maxLength }),
    '<s-ns?:s>',
  );
}

interface Padding {
  readonly text: string | undefined;
  readonly width: number;
  readonly filler: string | undefined;
  readonly maxLength: number;
}

/** As JSONata's own, which makes texts of any length. Lengths are counted in characters, not in UTF-16 units. */
function pad({ text, width, filler, maxLength }: Padding): string | undefined {
  if (text === undefined) return undefined;
  if (Math.abs(width) > maxLength) throw tooLong(maxLength);
  const missing = Math.max(0, Math.trunc(Math.abs(width)) - Array.from(text).length);
  const characters = Array.from(filler || ' ');
  const padding = Array.from({ length: missing }, (_, index) => characters[index % characters.length]).join('');
  return width < 0 ? padding + text : text + padding;
}

function tooLong(maxLength: number): RangeError {
  return new RangeError(`It makes a text of more than ${maxLength} characters`);
}

/** JSONata throws objects that are no errors. */
function describeJsonataError(error: unknown): string {
  if (error instanceof RangeError && /call stack/.test(error.message)) return 'It is nested too deeply';
  const { message, position } = (typeof error === 'object' && error !== null ? error : {}) as Readonly<Record<string, unknown>>; // Both may be missing.
  const what = typeof message === 'string' && message !== '' ? message : String(error);
  return `${what.length > maxShown ? `${what.slice(0, maxShown).toWellFormed()}...` : what}${toPlace(position)}`;
}

const maxShown = 300;

function toPlace(position: unknown): string {
  return typeof position === 'number' ? ` at position ${position}` : '';
}

function quote(expression: string): string {
  return JSON.stringify(expression.length > maxShown ? `${expression.slice(0, maxShown).toWellFormed()}...` : expression);
}
