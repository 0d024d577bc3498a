import { posix } from 'node:path';
import { checkCode } from './architecture-code.ts';
import { findCycles } from './import-cycles.ts';
import { type ScannedFile, type ScannedImport, scanSource } from './import-scan.ts';

/** A rule that a file breaks, and how to get out of it. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly wayOut: string;
}

/** Holds the sources (path from the top of the repository -> text) against the rules in docs/architecture.md. */
export function checkArchitecture(sources: ReadonlyMap<string, string>): Violation[] {
  const files = [...sources].map(([path, source]) => ({ path, source, scan: scanSource(source) }));
  const violations = files.flatMap(({ path, source, scan }) => [
    ...checkCode(path, source, scan),
    ...scan.imports.flatMap((imported) => checkImport(path, imported)),
  ]);
  return [...violations, ...checkCycles(files)];
}

export function describeViolation({ file, line, rule, wayOut }: Violation): string {
  return `${file}:${line}: ${rule}. ${wayOut}`;
}

/** Beside vocabulary and its own files, each stage may import these. */
const stages: Readonly<Record<string, readonly string[]>> = {
  store: [],
  model: [],
  http: [],
  files: [],
  action: [],
  expressions: [],
  config: [],
  knowledge: ['store'],
  inbox: ['store'],
  outbox: ['store'],
  tools: ['action', 'knowledge'],
  agent: ['model', 'tools'],
  conversation: ['agent', 'files', 'model', 'tools', 'knowledge', 'store'],
  workflow: ['agent', 'model', 'tools', 'knowledge', 'store'],
  console: ['store', 'outbox'],
  metrics: ['model', 'store'],
};

/** The roots put the stages together: they may import everything but what is listed here. */
const roots: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'playground'],
  playground: ['cli'],
  cli: [],
};

/** The only places that may import a platform's or a driver's SDK. */
const sdkHomes: readonly { readonly sdk: RegExp; readonly homes: readonly string[] }[] = [
  { sdk: /^@slack\//, homes: ['adapters/slack/'] },
  { sdk: /^(?:discord\.js|discord-api-types|@discordjs\/)/, homes: ['adapters/discord/'] },
  { sdk: /^openai(?:\/|$)/, homes: ['src/model/'] },
  { sdk: /^better-sqlite3(?:\/|$)/, homes: ['src/store/sqlite/'] },
  { sdk: /^unpdf(?:\/|$)/, homes: ['src/files/'] },
  { sdk: /^pg(?:\/|$)/, homes: ['src/store/postgres/'] },
  { sdk: /^express(?:\/|$)/, homes: ['src/http/', 'adapters/'] },
  { sdk: /^jose(?:\/|$)/, homes: ['adapters/webhook/', 'src/action/'] },
  { sdk: /^@modelcontextprotocol\//, homes: ['src/tools/'] },
  { sdk: /^commander(?:\/|$)/, homes: ['src/cli/'] },
  { sdk: /^prom-client(?:\/|$)/, homes: ['src/metrics/'] },
  // They compute and do nothing else, so that vocabulary may have them (docs/decisions/0012).
  { sdk: /^jsonata(?:\/|$)/, homes: ['src/jsonata.ts'] },
  { sdk: /^liquidjs(?:\/|$)/, homes: ['src/liquid.ts'] },
];

/** What an adapter may use beside its platform's SDK. */
const adapterPackages = /^(?:express|undici|ws)(?:\/|$)/;

/** Builtins that compute and do nothing else. */
const pureBuiltins = /^node:(?:buffer|crypto|path|querystring|string_decoder|url|util)$/;

function checkImport(from: string, imported: ScannedImport): Violation[] {
  const { specifier, line, kind } = imported;
  const report = (rule: string, wayOut: string) => [{ file: from, line, rule: `imports ${specifier}: ${rule}`, wayOut }];
  if (kind === 'reexport' && !isFaceOfAdapter(from, imported)) {
    return [{ file: from, line, rule: `re-exports from ${specifier}`, wayOut: 'Import things from the file that defines them.' }];
  }
  if (isTestCode(from)) return [];
  if (specifier.startsWith('.')) return checkInternal(from, resolveImport(from, specifier), report);
  const home = sdkHomes.find(({ sdk }) => sdk.test(specifier))?.homes;
  if (home && !home.some((folder) => from.startsWith(folder))) {
    return report(`only ${home.join(' and ')} may`, 'Put what needs it there, behind an interface of ours.');
  }
  if (isVocabulary(from)) return home ? [] : checkVocabularyPackage(from, imported, report);
  if (!from.startsWith('adapters/') || specifier.startsWith('node:') || home || adapterPackages.test(specifier)) return [];
  return report(
    'an adapter uses its SDK, express, undici and ws',
    'Do without, or take it into the list in this test with a reason.',
  );
}

type Report = (rule: string, wayOut: string) => Violation[];

function checkVocabularyPackage(from: string, { specifier, kind }: ScannedImport, report: Report): Violation[] {
  const isBuiltin = specifier.startsWith('node:');
  if (isBuiltin && (kind === 'type' || pureBuiltins.test(specifier) || from === 'src/clock.ts')) return [];
  // A table of names, read without doing anything: problem.ts needs the phrases of the statuses.
  if (specifier === 'node:http') return [];
  // What an address is, and whether it belongs to a list.
  if (specifier === 'node:net' && from === 'src/addresses.ts') return [];
  return report(
    'files directly in src/ are vocabulary: pure, without input or output',
    'Move the file into the stage that uses it.',
  );
}

function checkInternal(from: string, to: string, report: Report): Violation[] {
  if (isTestCode(to)) return report('the product never imports tests or benchmarks', 'Move what both need into the product.');
  if (isVocabulary(to)) return [];
  if (from.startsWith('adapters/')) return checkFromAdapter(from, to, report);
  if (isVocabulary(from)) return report('vocabulary imports vocabulary only', 'Move the file into the stage that uses it.');
  return to.startsWith('adapters/') ? checkToAdapter(from, to, report) : checkStages(from, to, report);
}

function checkFromAdapter(from: string, to: string, report: Report): Violation[] {
  if (from === 'adapters/index.ts' && to.startsWith('adapters/') && !isEmulator(to)) return [];
  if (folderOf(from) !== folderOf(to) || from.split('/').length < 3) {
    return report('an adapter imports vocabulary and its own files', 'Take what is needed from the context or the options.');
  }
  if (isEmulator(from) === isEmulator(to)) return [];
  return isEmulator(from)
    ? report(
        'an emulator shares nothing with the adapter beside it, or both could be wrong in the same way',
        "Write it anew from the platform's documentation.",
      )
    : report('the adapter must work without its emulator', 'Move it out of the emulator.');
}

function checkToAdapter(from: string, to: string, report: Report): Violation[] {
  const root = rootOf(from);
  if (!root) return report('only main, cli and playground may import adapters', 'Take an Adapter as an argument.');
  if (!isEmulator(to) || root !== 'main') return [];
  return report('main runs against the real platforms', 'Start emulators in cli/ or playground/.');
}

function checkStages(from: string, to: string, report: Report): Violation[] {
  const target = stageOf(to);
  if (stageOf(from) === target) return [];
  const root = rootOf(from);
  if (root) {
    if (!roots[root]?.includes(target)) return [];
    return report(`${root} does not import ${target}`, 'Turn the dependency round.');
  }
  const allowed = stages[stageOf(from)];
  if (!allowed)
    return report(`${stageOf(from)}/ is no stage`, 'Add it to the table in this test, with a reason in docs/decisions/.');
  if (allowed.includes(target)) return [];
  const list = allowed.length > 0 ? `vocabulary, ${allowed.join(', ')}` : 'vocabulary only';
  return report(`${stageOf(from)} may import ${list}`, 'Take it as an argument, or move what both need into vocabulary.');
}

function checkCycles(files: readonly { readonly path: string; readonly scan: ScannedFile }[]): Violation[] {
  const paths = new Set(files.map(({ path }) => path));
  const graph = new Map(
    files.map(({ path, scan }) => {
      const own = scan.imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolveImport(path, specifier));
      return [path, own.filter((target) => paths.has(target))];
    }),
  );
  return findCycles(graph).map((cycle) => ({
    file: cycle[0] ?? '',
    line: 1,
    rule: `import cycle: ${[...cycle, cycle[0]].join(' -> ')}`,
    wayOut: 'Move what they share into a file of its own.',
  }));
}

function resolveImport(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier);
}

function isTestCode(path: string): boolean {
  return path.startsWith('test/') || path.startsWith('bench/');
}

/** Files directly in src/, but for the two roots there. */
function isVocabulary(path: string): boolean {
  return /^src\/[^/]+\.ts$/.test(path) && path !== 'src/main.ts' && path !== 'src/config.ts';
}

function isEmulator(path: string): boolean {
  return /^adapters\/[^/]+\/emulator(?:\.ts$|\/)/.test(path);
}

function rootOf(path: string): string | undefined {
  return Object.keys(roots).find((root) => stageOf(path) === root);
}

/** An adapter's index.ts and emulator.ts may give out what belongs to them, in whichever of their files it is defined. */
function isFaceOfAdapter(from: string, { specifier }: ScannedImport): boolean {
  return /^adapters\/[^/]+\/(?:index|emulator)\.ts$/.test(from) && /^\.\/[\w/-]+\.ts$/.test(specifier);
}

/** `store` for src/store/…, `main` for src/main.ts and src/main/…, `config` for src/config.ts and src/config/…. */
function stageOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

function folderOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}
