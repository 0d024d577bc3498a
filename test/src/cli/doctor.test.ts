import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createDiscordEmulator } from '../../../adapters/discord/emulator.ts';
import { createSlackEmulator } from '../../../adapters/slack/emulator.ts';
import { systemClock } from '../../../src/clock.ts';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createOpenAiEmulator } from '../../support/openai-emulator.ts';

interface Finding {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
}

function statesOf(stdout: string): Record<string, string> {
  const findings: Finding[] = JSON.parse(stdout);
  return Object.fromEntries(findings.map(({ name, state }) => [name, state]));
}

describe('parley doctor', () => {
  test('with nothing configured all is ok or off, with what each would need, and status 0', async (t) => {
    const { exitCode, stdout, stderr } = await callParley(['doctor'], { cwd: createWorkFolder(t) });

    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.match(stdout, /^ok {7}Ledger .* 0 events waiting, 0 answers under way, 0 dead letters$/m);
    assert.match(stdout, /^ok {7}Model .*built in/m);
    assert.match(stdout, /^off {6}Slack .*needs SLACK_BOT_TOKEN/m);
    assert.match(stdout, /^off {6}Discord .*needs DISCORD_TOKEN/m);
    assert.match(stdout, /^off {6}Webhooks .*needs a source/m);
  });

  test('tries every credential', async (t) => {
    const { env, close } = await openPlatforms();
    t.after(close);

    const { exitCode, stdout } = await callParley(['doctor', '--json'], { cwd: createWorkFolder(t), env });

    assert.deepEqual(statesOf(stdout), {
      ...{ 'Node.js': 'ok', 'Data folder': 'ok', Ledger: 'ok', Model: 'ok', Slack: 'ok', Discord: 'ok', Webhooks: 'off' },
    });
    assert.equal(exitCode, 0);
    assert.match(stdout, /the bot token works/);
  });

  test('says which credentials are refused and which setting to change, shows none of them, and ends with status 1', async (t) => {
    const { env, close } = await openPlatforms();
    t.after(close);
    const wrong = { OPENAI_API_KEY: 'sk-wrong-wrong', SLACK_BOT_TOKEN: 'xoxb-wrong-wrong', DISCORD_TOKEN: 'wrong.wrong.wrong' };

    const { exitCode, stdout } = await callParley(['doctor'], { cwd: createWorkFolder(t), env: { ...env, ...wrong } });

    assert.equal(exitCode, 1);
    assert.match(stdout, /^failed {3}Model .*OPENAI_API_KEY/m);
    assert.match(stdout, /^failed {3}Slack .*SLACK_BOT_TOKEN/m);
    assert.match(stdout, /^failed {3}Discord .*DISCORD_TOKEN/m);
    assert.doesNotMatch(stdout, /wrong/);
  });

  test('asks the moderation endpoint for a verdict, where something is checked by it', async (t) => {
    const model = createOpenAiEmulator({ clock: systemClock, apiKeys: ['sk-right-right'] });
    await model.start();
    t.after(() => model.stop());
    const cwd = createWorkFolder(t);
    writeFileSync(join(cwd, 'parley.yaml'), 'safety: { moderation: { input: [endpoint] } }');
    const env = { OPENAI_API_KEY: 'sk-right-right', OPENAI_BASE_URL: model.baseUrl };

    const works = await callParley(['doctor', 'model'], { cwd, env });
    model.failModeration({ type: 'server_error' });
    const fails = await callParley(['doctor', 'model'], { cwd, env });

    assert.match(works.stdout, /^ok {7}Model .*The moderation endpoint gives verdicts\.$/m);
    assert.match(fails.stdout, /^failed {3}Model .*did not check a text: HTTP 500 \(safety\.moderation\.endpoint\)/m);
    assert.deepEqual([works.exitCode, fails.exitCode, model.moderated], [0, 1, [['Hello.'], ['Hello.']]]);
  });

  test('asks the embeddings endpoint for a vector, where documents are searched by it', async (t) => {
    const model = createOpenAiEmulator({ clock: systemClock, apiKeys: ['sk-right-right'] });
    await model.start();
    t.after(() => model.stop());
    const cwd = createWorkFolder(t);
    writeFileSync(join(cwd, 'parley.yaml'), 'knowledge: { embeddings: { provider: openai, model: small } }');
    const env = { OPENAI_API_KEY: 'sk-right-right', OPENAI_BASE_URL: model.baseUrl };

    const works = await callParley(['doctor', 'model'], { cwd, env });
    model.behaviour.embeddings.refuses = () => true;
    const fails = await callParley(['doctor', 'model'], { cwd, env });

    assert.match(works.stdout, /^ok {7}Model .*The embeddings endpoint makes vectors of \d+ numbers\.$/m);
    assert.match(fails.stdout, /^failed {3}Model .*too long for the context length/m);
    assert.deepEqual([works.exitCode, fails.exitCode], [0, 1]);
  });

  test('connects to each MCP server: says what of it may be used, what is not there, and why one cannot be reached', async (t) => {
    const cwd = createWorkFolder(t);
    const command = JSON.stringify([process.execPath, fileURLToPath(new URL('../../support/mcp-server.ts', import.meta.url))]);
    const mcp = [
      `docs: { command: ${command}, readOnly: ['ec*'], acting: [erase] }`,
      `notes: { command: ${command}, readOnly: [echo, gone, 'also*'] }`,
      "away: { url: 'http://127.0.0.1:1/mcp', readOnly: ['*'] }",
    ];
    writeFileSync(join(cwd, 'parley.yaml'), `outbound: { allow: [127.0.0.1] }\ntools: { mcp: { ${mcp.join(', ')} } }`);

    const { exitCode, stdout } = await callParley(['doctor', 'tools'], { cwd });

    assert.equal(exitCode, 1);
    assert.match(stdout, /^ok {7}MCP docs .*may be used: echo, erase\.$/m);
    assert.match(
      stdout,
      /^warning {2}MCP notes .*may be used: echo\. It has none that fits gone, also\* \(tools\.mcp\.notes\)\.$/m,
    );
    assert.match(stdout, /^failed {3}MCP away .*cannot be reached \(tools\.mcp\.away\): .*ECONNREFUSED/m);
    assert.doesNotMatch(stdout, /Slack|Model/);
  });

  test('looks at the ledger beside a running Parley', async (t) => {
    const cwd = createWorkFolder(t);
    const held = openDatabase({ folder: `${cwd}/data`, exclusive: true });
    t.after(() => held.close());

    const { exitCode, stdout } = await callParley(['doctor'], { cwd });

    assert.equal(exitCode, 0);
    assert.match(stdout, /^ok {7}Ledger .* 0 dead letters; in use by a running Parley$/m);
  });

  test('a data folder that cannot be used is a failure that names the setting', async (t) => {
    const env = { PARLEY_DATA: '/dev/null/data' };

    const { exitCode, stdout } = await callParley(['doctor'], { cwd: createWorkFolder(t), env });

    assert.equal(exitCode, 1);
    assert.match(stdout, /^failed {3}Data folder .*PARLEY_DATA/m);
    assert.match(stdout, /^failed {3}Ledger /m);
  });

  test('a platform that cannot be reached is said once, with its host, the reason and what to look at', async (t) => {
    const cwd = createWorkFolder(t);
    const nobody = 'http://127.0.0.1:1';
    const env = {
      ...{ SLACK_BOT_TOKEN: 'xoxb-none', SLACK_SIGNING_SECRET: 'none', SLACK_API_URL: `${nobody}/api/` },
      ...{ DISCORD_TOKEN: 'none', DISCORD_API_URL: `${nobody}/api` },
    };

    const { exitCode, stdout } = await callParley(['doctor'], { cwd, env });

    assert.equal(exitCode, 1);
    const refused = 'connect ECONNREFUSED 127.0.0.1:1';
    const lookAt = 'Check the network, name server and firewall of this machine and SLACK_API_URL.';
    const slack = `failed   Slack          Slack cannot be reached at 127.0.0.1:1: ${refused}. ${lookAt}`;
    const lines = stdout.split('\n');
    assert.equal(
      lines.find((line) => line.includes(' Slack ')),
      slack,
    );
    assert.equal(
      lines.find((line) => line.includes(' Discord ')),
      `failed   Discord        Discord cannot be reached: ${refused}`,
    );
  });
});

async function openPlatforms() {
  const clock = systemClock;
  const [slack, discord] = [createSlackEmulator({ clock }), createDiscordEmulator({ clock })];
  const model = createOpenAiEmulator({ clock, apiKeys: ['sk-right-right'] });
  await Promise.all([slack.start(), discord.listen(), model.start()]);
  const env = {
    ...{ SLACK_BOT_TOKEN: slack.botToken, SLACK_APP_TOKEN: slack.appToken, SLACK_API_URL: slack.apiUrl },
    ...{ DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl },
    ...{ OPENAI_API_KEY: 'sk-right-right', OPENAI_BASE_URL: model.baseUrl },
  };
  return { env, close: () => Promise.all([slack.stop(), discord.close(), model.stop()]) };
}
