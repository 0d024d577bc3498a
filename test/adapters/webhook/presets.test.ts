import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { presetNames, type PresetFixture } from '../../../src/config/preset-file.ts';
import { toWebhookSource } from '../../../src/config/resolve-webhook.ts';
import { getPreset, loadPreset, presetSecret, publicUrl } from '../../support/preset-config.ts';
import { vendorSignatures, type Unsigned } from '../../support/vendor-signatures.ts';
import { withWebhooks, type Harness } from './harness.ts';

const folder = new URL('../../../adapters/webhook/presets/', import.meta.url);

test('every file is a preset that can be named, short enough to read, and has a vendor that signs', () => {
  const files = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ''));
  assert.deepEqual(files.toSorted(), [...presetNames]);
  for (const name of presetNames) {
    const lines = readFileSync(new URL(`${name}.yaml`, folder), 'utf8').split('\n').length;
    assert.ok(lines <= 80, `${name} has ${lines} lines`);
    assert.ok(vendorSignatures[name], name);
  }
});

test('secrets stand among credentials only, where no template and no expression sees them', () => {
  for (const name of presetNames) {
    const { settings, source } = getPreset(name);
    const secrets = Object.keys(settings).filter((key) => settings[key]?.kind === 'secret');
    for (const [path, text] of leaves(source, []))
      for (const secret of secrets)
        if (text.includes(`<<${secret}>>`)) assert.match(path, /^(?:verify\.secret|reply\.auth\.(?:secret|username))$/, name);
  }
});

for (const name of presetNames) {
  const { fixtures, source } = getPreset(name);

  test(`${name}: every fixture comes to what it says, when the vendor has signed it`, async () => {
    await withPreset(name, async (harness) => {
      for (const fixture of fixtures) await check(name, fixture, harness);
    });
  });

  test(`${name}: what the vendor has not signed is refused`, async () => {
    const fixture = fixtures[0] ?? assert.fail();
    await withPreset(name, async (harness) => {
      const signed = await send(name, fixture, harness, { secret: `${presetSecret.slice(0, -1)}E` });
      assert.equal(signed.status, 401, 'another secret');
      assert.equal((await send(name, fixture, harness, { drop: true })).status, 401, 'no proof');
      const scheme = String((source['verify'] as { scheme: unknown }).scheme); // as every source has
      const tampered = await send(name, fixture, harness, { tamper: true });
      if (scheme === 'hmac' || scheme === 'standard') assert.equal(tampered.status, 401, 'another body');
      if (hasTime(source['verify'])) {
        assert.equal((await send(name, fixture, harness, { ahead: -301_000 })).status, 401, 'stale');
        assert.equal((await send(name, fixture, harness, { ahead: 301_000 })).status, 401, 'future');
      }
      assert.equal(harness.ledger.events.length, scheme === 'hmac' || scheme === 'standard' ? 0 : 1);
    });
  });

  test(`${name}: the bot's own words are no question when they come back`, () => {
    if (source['reply'] === undefined)
      return assert.equal(
        fixtures.some(({ name: each }) => each === 'own'),
        false,
      );
    assert.equal(fixtures.find(({ name: each }) => each === 'own')?.is, 'ignored');
    return undefined;
  });
}

async function withPreset(name: string, use: (harness: Harness) => Promise<void>): Promise<void> {
  const { config } = await loadPreset(name);
  const configured = config.webhooks['desk'] ?? assert.fail();
  await withWebhooks({ sources: [toWebhookSource('desk', configured)], publicUrl, maxBodyBytes: 100_000 }, use);
}

async function check(name: string, fixture: PresetFixture, harness: Harness): Promise<void> {
  const before = harness.ledger.events.length;
  const response = await send(name, fixture, harness);
  const told = await response.text();
  if (fixture.is === 'handshake') {
    assert.equal(response.status, 200, told);
    assert.equal(harness.ledger.events.length, before);
    return;
  }
  assert.equal(response.status, 202, `${fixture.name}: ${told}`);
  const event = harness.ledger.events[before];
  assert.ok(event?.type === 'message', `${fixture.name} is an event of its own`);
  assert.equal(event.ignored === undefined ? 'question' : 'ignored', fixture.is, fixture.name);
  if (fixture.eventId !== undefined) assert.equal(event.eventId, fixture.eventId);
  if (fixture.is === 'ignored') return;
  assert.equal(event.text, fixture.text);
  assert.equal(event.author.name, fixture.author);
  assert.equal(event.destination['conversation'], fixture.conversation);
  assert.equal((await send(name, fixture, harness)).status, 202, 'a second delivery');
  assert.equal(harness.ledger.events.length, before + 1, 'is the same event');
}

interface Way {
  readonly secret?: string;
  readonly drop?: boolean;
  readonly tamper?: boolean;
  readonly ahead?: number;
}

async function send(name: string, { body, headers }: PresetFixture, { url, ledger }: Harness, way: Way = {}): Promise<Response> {
  const unsigned: Unsigned = { body: body.trim(), now: ledger.clock.now() + (way.ahead ?? 0), url: `${publicUrl}/webhooks/desk` };
  const proof = way.drop ? {} : await vendorSignatures[name]?.(way.secret ?? presetSecret, unsigned);
  const isForm = !body.trim().startsWith('{');
  return fetch(`${url}/webhooks/desk`, {
    method: 'POST',
    body: way.tamper ? unsigned.body.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)) : unsigned.body,
    headers: { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json', ...headers, ...proof },
  });
}

function hasTime(verify: unknown): boolean {
  return JSON.stringify(verify).includes('{timestamp}') || JSON.stringify(verify).includes('"standard"');
}

function* leaves(value: unknown, path: readonly string[]): Generator<[string, string]> {
  if (typeof value === 'object' && value !== null)
    for (const [key, child] of Object.entries(value)) yield* leaves(child, [...path, key]);
  else yield [path.join('.'), String(value)];
}
