import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { Environment } from './environment.ts';

export interface YamlSettings {
  /** Maps, lists and texts: what a value means is for the schema to say. */
  readonly value: unknown;
  /** Line of each key, by its path joined with dots. */
  readonly lines: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

/** `${NAME}` in a value becomes the variable NAME (or the content of NAME_FILE); `$${NAME}` stands for itself. */
export function readYaml(yaml: string, name: string, environment: Environment): YamlSettings {
  const lineCounter = new LineCounter();
  const document = parseDocument(yaml, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => `${name} line ${lineCounter.linePos(error.pos[0]).line}: ${error.message}`);
    return { value: {}, lines: new Map(), problems };
  }
  const reader = new YamlReader({ document, environment, name, lineOf: (offset) => lineCounter.linePos(offset).line });
  const value = reader.read(document.contents, []) ?? {};
  return { value, lines: reader.lines, problems: reader.problems };
}

interface ReaderSource {
  readonly document: Document;
  readonly environment: Environment;
  readonly name: string;
  lineOf(offset: number): number;
}

/** More than this can only come of references that multiply, or that refer to themselves. */
const maxNodes = 20_000;
const maxDepth = 30;

class YamlReader {
  readonly lines = new Map<string, number>();
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
      if (!this.#tooLarge) this.problems.push(`${this.#source.name}: is too large or nested too deeply. Does it refer to itself?`);
      this.#tooLarge = true;
      return undefined;
    }
    if (isAlias(node)) return this.read(node.resolve(this.#source.document), path);
    if (isMap(node)) return this.#readMap(node.items, path);
    if (isSeq(node)) return node.items.map((item, index) => this.read(item, [...path, String(index)]) ?? '');
    if (!isScalar(node) || node.value === null) return undefined;
    // The text as it was written: a Discord id is a number that a double cannot hold.
    const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    return this.#substitute(text, this.#where(path, node)) || undefined;
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

  #substitute(text: string, where: string): string {
    return text.replaceAll(/\$(\$?)\{([^}]*)\}/g, (whole, escape: string, name: string) => {
      if (escape) return whole.slice(1);
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        this.problems.push(`${where}: ${whole} is no name of a variable. Write \${NAME}, or $${whole} for the characters themselves.`);
        return '';
      }
      const found = this.#source.environment.get(name, { fromFile: true });
      if (!found) this.problems.push(`${where}: the environment variable ${name} is not set. Example: ${name}=... in .env`);
      return found?.value ?? '';
    });
  }

  #where(path: readonly string[], node: Node): string {
    return `${path.join('.')} (${this.#source.name} line ${this.#lineOf(node)})`;
  }

  #lineOf(node: Node): number {
    return this.#source.lineOf(node.range?.[0] ?? 0);
  }
}
