import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Scalar } from 'yaml';
import { isExactNumber } from '../json.ts';
import type { Environment } from './environment.ts';

export interface YamlSettings {
  /** Maps, lists and texts: what a value means is for the schema to say. Below keys that hold JSON numbers, booleans and null, too. */
  readonly value: unknown;
  /** Line of each key, by its path joined with dots. */
  readonly lines: ReadonlyMap<string, number>;
  /** Keys whose value could not be made out; `problems` says why. */
  readonly failed: ReadonlySet<string>;
  readonly problems: readonly string[];
}

export interface YamlOptions {
  /** Of the file, for messages. */
  readonly name: string;
  readonly environment: Environment;
  /** Whether the key holds JSON, into which the configuration does not look. */
  readonly holdsJson: (path: readonly string[]) => boolean;
}

/** `${NAME}` in a value becomes the variable NAME (or the content of NAME_FILE); `$${NAME}` stands for itself. */
export function readYaml(yaml: string, { name, environment, holdsJson }: YamlOptions): YamlSettings {
  const lineCounter = new LineCounter();
  const document = parseDocument(yaml, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => `${name} line ${lineCounter.linePos(error.pos[0]).line}: ${error.message}`);
    return { value: {}, lines: new Map(), failed: new Set(), problems };
  }
  const reader = new YamlReader({ document, environment, name, holdsJson, lineOf: (offset) => lineCounter.linePos(offset).line });
  const value = reader.read(document.contents, []) ?? {};
  return { value, lines: reader.lines, failed: reader.failed, problems: reader.problems };
}

interface ReaderSource extends YamlOptions {
  readonly document: Document;
  lineOf(offset: number): number;
}

/** More than this can only come of references that multiply, or that refer to themselves. */
const maxNodes = 20_000;
const maxDepth = 30;

class YamlReader {
  readonly lines = new Map<string, number>();
  readonly failed = new Set<string>();
  readonly problems: string[] = [];
  readonly #source: ReaderSource;
  #nodes = 0;
  #tooLarge = false;

  constructor(source: ReaderSource) {
    this.#source = source;
  }

  read(node: unknown, path: readonly string[]): unknown {
    this.#nodes += 1;
    if (this.#nodes > maxNodes || path.length > maxDepth) {
      if (!this.#tooLarge)
        this.problems.push(`${this.#source.name}: is too large or nested too deeply. Does it refer to itself?`);
      this.#tooLarge = true;
      return undefined;
    }
    if (isAlias(node)) return this.read(node.resolve(this.#source.document), path);
    if (isMap(node)) return this.#readMap(node.items, path);
    if (isSeq(node)) return this.#readList(node.items, path);
    if (!isScalar(node)) return undefined;
    if (isOfJson(node.value) && this.#isInJson(path)) return this.#readJson(node, path);
    if (node.value === null) return undefined;
    // The text as it was written: a Discord id is a number that a double cannot hold.
    const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
    const filled = this.#substitute(text, path, node);
    return filled === '' && !this.#isInJson(path) ? undefined : filled;
  }

  #isInJson(path: readonly string[]): boolean {
    return path.some((_, index) => index > 0 && this.#source.holdsJson(path.slice(0, index)));
  }

  /** A number, a boolean or null. */
  #readJson(node: Scalar, path: readonly string[]): unknown {
    const { value } = node;
    if (typeof value !== 'number') return value;
    if (isExactNumber(value)) return value;
    const why = Number.isFinite(value) ? 'is too large to be kept exactly as a number' : 'is no number of JSON';
    this.#fail(`${node.source} ${why}. Put it in quotes: it is sent as a text then.`, path, node);
    return undefined;
  }

  #readList(items: readonly unknown[], path: readonly string[]): unknown[] {
    return items.map((item, index) => {
      const value = this.read(item, [...path, String(index)]);
      return value === undefined ? '' : value;
    });
  }

  #readMap(items: readonly { key: unknown; value: unknown }[], path: readonly string[]): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (const { key, value } of items) {
      const name = isScalar(key) ? (key.source ?? String(key.value)) : String(key);
      const childPath = [...path, name];
      if (isScalar(key)) this.lines.set(childPath.join('.'), this.#lineOf(key));
      const child = this.read(value, childPath);
      if (child !== undefined) entries.push([name, child]);
    }
    return Object.fromEntries(entries);
  }

  #substitute(text: string, path: readonly string[], node: Node): string {
    const fail = (what: string): string => {
      this.#fail(what, path, node);
      return '';
    };
    return text.replaceAll(/\$(\$?)\{([^}]*)\}/g, (whole, escape: string, name: string) => {
      if (escape) return whole.slice(1);
      if (!/^[A-Za-z_]\w*$/.test(name)) return fail(`${whole} names no variable. Write $${whole} for the characters themselves.`);
      const found = this.#source.environment.get(name, { fromFile: true });
      if (found) return found.value;
      const unusable = this.#source.environment.failed(name);
      return fail(`the environment variable ${name} ${unusable ? 'cannot be used' : `is not set. Example: ${name}=... in .env`}`);
    });
  }

  #fail(what: string, path: readonly string[], node: Node): void {
    this.failed.add(path.join('.'));
    this.problems.push(`${path.join('.')} (${this.#source.name} line ${this.#lineOf(node)}): ${what}`);
  }

  #lineOf(node: Node): number {
    return this.#source.lineOf(node.range?.[0] ?? 0);
  }
}

/** YAML has tags for more than that, such as dates and bytes: they stay texts. */
function isOfJson(value: unknown): boolean {
  return value === null || typeof value === 'number' || typeof value === 'boolean';
}
