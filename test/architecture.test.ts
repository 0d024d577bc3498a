import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkArchitecture, describeViolation } from './support/architecture.ts';

const top = fileURLToPath(new URL('../', import.meta.url));

test('every source file keeps the rules of the architecture', () => {
  const paths = globSync(['src/**/*.ts', 'adapters/**/*.ts', 'test/**/*.ts', 'bench/*.ts'], { cwd: top }).map((path) =>
    path.replaceAll('\\', '/'),
  );

  const violations = checkArchitecture(new Map(paths.map((path) => [path, readFileSync(`${top}${path}`, 'utf8')])));

  assert.ok(paths.length > 50, `only ${paths.length} files were found`);
  assert.equal(violations.map(describeViolation).join('\n'), '');
});

/** Small sources, each with what must be said about it; undefined where it must pass. */
const planted: readonly { readonly file: string; readonly source: string; readonly expected: RegExp | undefined }[] = [
  { file: 'src/inbox/a.ts', source: "import { x } from '../store/store.ts';", expected: undefined },
  { file: 'src/inbox/a.ts', source: "import type { X } from '../message.ts';", expected: undefined },
  { file: 'src/store/a.ts', source: "import type { X } from '../inbox/inbox.ts';", expected: /store may import vocabulary only/ },
  {
    file: 'src/outbox/a.ts',
    source: "import {\n  x,\n} from '../conversation/turn.ts';",
    expected: /^src\/outbox\/a\.ts:1: .*outbox may import/,
  },
  { file: 'src/model/a.ts', source: "import { c } from '../config.ts';", expected: /model may import vocabulary only/ },
  { file: 'src/attic/a.ts', source: "import { x } from '../store/store.ts';", expected: /attic\/ is no stage/ },
  { file: 'src/main.ts', source: "import { x } from './cli/program.ts';", expected: /main does not import cli/ },
  { file: 'src/main.ts', source: "import { x } from '../adapters/index.ts';", expected: undefined },
  {
    file: 'src/main.ts',
    source: "import { x } from '../adapters/slack/emulator.ts';",
    expected: /main runs against the real platforms/,
  },
  { file: 'src/cli/demo.ts', source: "import { x } from '../../adapters/slack/emulator.ts';", expected: undefined },
  {
    file: 'src/http/a.ts',
    source: "const a = await import('../../adapters/slack/index.ts');",
    expected: /only main, cli and playground/,
  },
  { file: 'src/message.ts', source: "import { x } from './store/store.ts';", expected: /vocabulary imports vocabulary only/ },
  { file: 'src/message.ts', source: "import { readFileSync } from 'node:fs';", expected: /vocabulary: pure/ },
  { file: 'src/message.ts', source: "import type { Stats } from 'node:fs';", expected: undefined },
  { file: 'src/message.ts', source: "import { z } from 'zod';", expected: /vocabulary: pure/ },
  { file: 'src/ids.ts', source: "import { hash } from 'node:crypto';", expected: undefined },
  { file: 'src/jsonata.ts', source: "import jsonata from 'jsonata';", expected: undefined },
  { file: 'src/message.ts', source: "import jsonata from 'jsonata';", expected: /only src\/jsonata\.ts may/ },
  { file: 'adapters/webhook/a.ts', source: "import { Liquid } from 'liquidjs';", expected: /only src\/liquid\.ts may/ },
  { file: 'adapters/slack/send.ts', source: "import { retry } from '../../src/retry.ts';", expected: undefined },
  {
    file: 'adapters/slack/send.ts',
    source: "import { x } from '../../src/store/store.ts';",
    expected: /an adapter imports vocabulary/,
  },
  {
    file: 'adapters/slack/send.ts',
    source: "import { c } from '../../src/config.ts';",
    expected: /an adapter imports vocabulary/,
  },
  {
    file: 'adapters/slack/send.ts',
    source: "import { x } from '../discord/send.ts';",
    expected: /an adapter imports vocabulary/,
  },
  { file: 'adapters/slack/send.ts', source: "import { x } from './emulator.ts';", expected: /must work without its emulator/ },
  { file: 'adapters/slack/send.ts', source: "import { z } from 'zod';", expected: /an adapter uses its SDK/ },
  { file: 'adapters/slack/emulator.ts', source: "import { x } from './format.ts';", expected: /an emulator shares nothing/ },
  {
    file: 'adapters/slack/emulator/api.ts',
    source: "import { x } from '../receive.ts';",
    expected: /an emulator shares nothing/,
  },
  { file: 'adapters/slack/emulator.ts', source: "import { x } from './emulator/api.ts';", expected: undefined },
  { file: 'adapters/index.ts', source: "const a = () => import('./slack/index.ts');", expected: undefined },
  { file: 'adapters/slack/receive.ts', source: "import { App } from '@slack/bolt';", expected: undefined },
  { file: 'adapters/discord/a.ts', source: "import { App } from '@slack/bolt';", expected: /only adapters\/slack\/ may/ },
  { file: 'src/retry.ts', source: "import { connect } from 'node:net';", expected: /vocabulary: pure/ },
  { file: 'src/http/a.ts', source: "import { Client } from 'discord.js';", expected: /only adapters\/discord\/ may/ },
  { file: 'src/agent/a.ts', source: "import OpenAI from 'openai';", expected: /only src\/model\/ may/ },
  { file: 'src/store/a.ts', source: "import Database from 'better-sqlite3';", expected: /only src\/store\/sqlite\/ may/ },
  { file: 'src/store/a.ts', source: "import pg from 'pg';", expected: /only src\/store\/postgres\/ may/ },
  { file: 'src/inbox/a.ts', source: "import express from 'express';", expected: /only src\/http\/ and adapters\/ may/ },
  { file: 'src/inbox/a.ts', source: "import { x } from '../../test/support/fake-clock.ts';", expected: /never imports tests/ },
  { file: 'src/store/a.ts', source: "new Worker(new URL('../inbox/worker.ts', import.meta.url));", expected: /store may import/ },
  { file: 'src/store/a.ts', source: "new URL('../../migrations/', import.meta.url);", expected: undefined },
  { file: 'src/store/a.ts', source: 'await import(name);', expected: /only known at run time/ },
  { file: 'src/config/a.ts', source: "import { x } from '../store/store.ts';", expected: /config may import vocabulary only/ },
  { file: 'src/store/a.ts', source: "export * from './store.ts';", expected: /re-exports from \.\/store\.ts/ },
  { file: 'src/store/a.ts', source: "export type { Store } from './store.ts';", expected: /re-exports/ },
  { file: 'adapters/slack/index.ts', source: "export type { SlackOptions } from './options.ts';", expected: undefined },
  { file: 'adapters/slack/index.ts', source: "export type { Retry } from '../../src/retry.ts';", expected: /re-exports/ },
  { file: 'src/store/a.ts', source: 'export default 1;', expected: /default export/ },
  { file: 'src/store/a.ts', source: '\nconst p = process.env.PORT;', expected: /^src\/store\/a\.ts:2: reads process\.env/ },
  { file: 'src/config.ts', source: 'const p = process.env.PORT;', expected: undefined },
  { file: 'test/a.test.ts', source: 'const p = process.env.PORT;', expected: undefined },
  { file: 'src/store/a.ts', source: 'const t = Date.now();', expected: /Date\.now/ },
  { file: 'src/store/a.ts', source: 'const t = new Date();', expected: /current date/ },
  { file: 'src/store/a.ts', source: 'const t = new Date(at);', expected: undefined },
  { file: 'src/store/a.ts', source: 'const t = Math.random();', expected: /Math\.random/ },
  { file: 'src/store/a.ts', source: 'setTimeout(run, 5);', expected: /sets a timer/ },
  { file: 'src/store/a.ts', source: 'globalThis.setInterval(run, 5);', expected: /sets a timer/ },
  { file: 'src/http/a.ts', source: 'socket.setTimeout(5);', expected: undefined },
  { file: 'src/store/a.ts', source: 'fetch(url, { signal: AbortSignal.timeout(5) });', expected: /AbortSignal\.timeout/ },
  {
    file: 'src/store/a.ts',
    source: "import { setTimeout as sleep } from 'node:timers/promises';",
    expected: /imports node:timers\/promises/,
  },
  {
    file: 'src/clock.ts',
    source: "import { setTimeout as sleep } from 'node:timers/promises';\nDate.now();",
    expected: undefined,
  },
  { file: 'src/store/a.ts', source: 'x;\n'.repeat(301), expected: /has 301 lines/ },
  { file: 'src/store/a.ts', source: 'x;\n'.repeat(300), expected: undefined },
];

describe('the checker', () => {
  for (const { file, source, expected } of planted) {
    const title = source.length > 80 ? `${source.split('\n').length - 1} lines` : source.replaceAll('\n', ' ');

    test(`${expected ? 'refuses' : 'accepts'} in ${file}: ${title}`, () => {
      const said = checkArchitecture(new Map([[file, source]]))
        .map(describeViolation)
        .join('\n');

      if (expected) assert.match(said, expected);
      else assert.equal(said, '');
    });
  }

  test('finds an import cycle, also one of types only and through a dynamic import', () => {
    const sources = new Map([
      ['src/store/a.ts', "import type { B } from './b.ts';"],
      ['src/store/b.ts', "const c = await import('./c.ts');"],
      ['src/store/c.ts', "import { a } from './a.ts';"],
      ['src/store/d.ts', "import { a } from './a.ts';"],
    ]);

    const said = checkArchitecture(sources).map(describeViolation).join('\n');

    assert.match(said, /import cycle: src\/store\/a\.ts -> src\/store\/b\.ts -> src\/store\/c\.ts -> src\/store\/a\.ts/);
    assert.doesNotMatch(said, /d\.ts/);
  });

  test('is not misled by comments, strings, templates and regular expressions', () => {
    const source = [
      "// import { x } from '../inbox/inbox.ts';",
      '/* Date.now() */ const text = "import y from \'../inbox/inbox.ts\'; Date.now()";',
      "const template = `import z from '../inbox/inbox.ts'; ${'Math.random()'} ${`new Date() ${text}`} Date.now()`;",
      "const pattern = /['\"`] Date.now() [/'] \\//g;",
      'const half = text.length / 2; // Date.now()',
      'const quotes = { a: 1, b: text.replace(/"/g, "process.env") };',
    ].join('\n');

    const said = checkArchitecture(new Map([['src/store/a.ts', source]])).map(describeViolation);

    assert.deepEqual(said, []);
  });

  test('sees what stands in the gaps of a template and after a regular expression', () => {
    const source = 'const a = `x ${Date.now()} y`;\nconst b = /[`"]/.test(a) ? Math.random() : `${ { c: `}` }.c }`;\nnew Date();';

    const said = checkArchitecture(new Map([['src/store/a.ts', source]])).map(({ line, rule }) => `${line} ${rule}`);

    assert.deepEqual(said, ['1 uses Date.now', '3 uses the current date', '2 uses Math.random']);
  });
});
