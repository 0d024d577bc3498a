import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { createWebhookAdapter } from '../../adapters/webhook/index.ts';
import { createAction } from '../../src/action/action.ts';
import { createExpressions } from '../../src/expressions/expressions.ts';
import { toWebhookOptions } from '../../src/config/resolve-webhook.ts';
import { loadConfig } from '../../src/config.ts';
import { nowhere } from '../adapters/webhook/harness.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

const docs = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
const examples = [...docs.matchAll(/^```yaml\n(.*?)^```/gms)]
  .map(([, yaml = '']) => yaml)
  .filter((yaml) => /\breply:/.test(yaml));

test('every reply in docs/webhooks.md works as it is printed', async () => {
  assert.ok(examples.length >= 4, `${examples.length} examples`);
  for (const yaml of examples) {
    const example = parse(yaml) as Record<string, unknown>; // A map, as every example is.
    const whole =
      'webhooks' in example
        ? example
        : { webhooks: { desk: { verify: { scheme: 'bearer', secret: 'a-long-secret' }, ...example } } };
    const env = Object.fromEntries([...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, 'a-long-secret']));
    const { config } = await loadConfig({ env, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': stringify(whole) }) });

    assert.doesNotThrow(
      () => createWebhookAdapter({ ...toWebhookOptions(config), openFetch: nowhere, createAction, createExpressions }),
      yaml,
    );
  }
});
