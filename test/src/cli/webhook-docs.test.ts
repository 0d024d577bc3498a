import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';

const page = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8');

/** The blocks of code below a heading of docs/webhooks.md, by their language. */
function blocksBelow(heading: string): Record<string, string> {
  const [, section = ''] = page.split(`\n### ${heading}\n`);
  const blocks = section.split(/\n##+ /)[0]?.matchAll(/^```(\w+)\n([^]*?)^```$/gm) ?? [];
  return Object.fromEntries([...blocks].map(([, language = '', text = '']) => [language, text]));
}

const examples = [
  { heading: 'A ticket desk', source: 'tickets', options: [] },
  {
    heading: 'An order of a shop',
    source: 'shop',
    options: ['--header', 'x-shop-topic: orders/create', '--header', 'x-shop-hmac-sha256: AA=='],
  },
];

for (const { heading, source, options } of examples) {
  test(`the documentation shows what comes of its example: ${heading}`, async (t) => {
    const cwd = createWorkFolder(t);
    const { yaml = '', json = '', text = '' } = blocksBelow(heading);
    writeFileSync(join(cwd, 'parley.yaml'), yaml);
    writeFileSync(join(cwd, 'payload.json'), json);
    writeFileSync(
      join(cwd, '.env'),
      `TICKETS_SECRET=whsec_${Buffer.alloc(24, 1).toString('base64')}\nSHOP_SECRET=a-shared-secret\n`,
    );

    const { stdout } = await callParley(['webhook', 'try', source, join(cwd, 'payload.json'), ...options], { cwd });

    assert.ok(text.length > 100);
    assert.equal(stdout.slice(stdout.indexOf(text.split('\n', 1)[0] ?? '')), text);
  });
}
