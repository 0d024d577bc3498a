import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sqlitePath } from '../../src/config/database.ts';
import { loadConfig, type LoadOptions } from '../../src/config.ts';
import { createSourceVerifier } from '../../adapters/webhook/schemes/verifier.ts';
import { sharedSecrets } from '../../src/verification.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

const whsec = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

function load(yaml: string | undefined, env: LoadOptions['env'] = {}) {
  return loadConfig({ env, cwd: memoryFolder, files: memoryFiles(yaml === undefined ? {} : { 'parley.yaml': yaml }) });
}

describe('where settings come from', () => {
  test('nothing configured gives a configuration that can start: SQLite, the built-in model, every platform off', async () => {
    const { config, warnings, secrets } = await load(undefined);

    assert.equal(config.server.port, 3000);
    assert.equal(config.server.host, '127.0.0.1');
    assert.equal(config.data, `${memoryFolder}/data`);
    assert.equal(config.database, `sqlite:${memoryFolder}/data/parley.db`);
    assert.equal(config.model.provider, 'builtin');
    assert.deepEqual([config.slack.enabled, config.discord.enabled, config.webhooks], [false, false, {}]);
    assert.deepEqual([warnings, secrets], [[], []]);
  });

  test('the file goes before the defaults, and the environment before the file', async () => {
    const { config, sources } = await load('server: { port: 4000, host: 0.0.0.0 }', { PORT: '5000' });

    assert.deepEqual([config.server.port, config.server.host, config.server.maxBodyBytes], [5000, '0.0.0.0', 1_048_576]);
    assert.equal(sources.get('server.port'), 'PORT');
    assert.equal(sources.get('server.host'), 'parley.yaml');
    assert.equal(sources.get('server.maxBodyBytes'), 'default');
  });

  test('PARLEY_CONFIG names another file', async () => {
    const files = memoryFiles({ 'other.yaml': 'log: { level: warn }', 'parley.yaml': 'log: { level: debug }' });

    const { config, sources } = await loadConfig({ env: { PARLEY_CONFIG: 'other.yaml' }, cwd: memoryFolder, files });

    assert.equal(config.log.level, 'warn');
    assert.equal(sources.get('log.level'), 'other.yaml');
  });

  test('a file .env counts where the environment itself says nothing, and an empty variable says nothing', async () => {
    const files = memoryFiles({ '.env': 'PORT=4100\nHOST=::1\nOPENAI_MODEL="quoted"\n' });

    const { config } = await loadConfig({ env: { PORT: '4200', LOG_LEVEL: '' }, cwd: memoryFolder, files });

    assert.deepEqual([config.server.port, config.server.host, config.model.openai.model], [4200, '::1', 'quoted']);
    assert.equal(config.log.level, 'info');
  });

  test('an empty section and an empty value in the file count as not there', async () => {
    const { config } = await load('server:\nlog:\n  level:\nbot: { name: null }\n');

    assert.deepEqual([config.server.port, config.log.level, config.bot.name], [3000, 'info', 'Parley']);
  });

  test('numbers in the file keep every digit where a text is meant', async () => {
    const { config } = await load('discord: { applicationId: 1234567890123456789 }\nslack: { clientId: 1234567890.1234567890 }');

    assert.equal(config.discord.applicationId, '1234567890123456789');
    assert.equal(config.slack.clientId, '1234567890.1234567890');
  });

  test('off is a word where it may stand in place of a number, and numbers are numbers there', async () => {
    const { config } = await load('slack: { fileAfter: off }\ndiscord: { fileAfter: "20000" }\nserver: { trustProxy: no }');

    assert.deepEqual([config.slack.fileAfter, config.discord.fileAfter, config.server.trustProxy], ['off', 20_000, false]);
  });

  test('paths are seen from the working directory', async () => {
    const { config } = await load('knowledge: { folder: docs }', { PARLEY_DATA: 'state', DATABASE_URL: 'sqlite:db/ledger.db' });

    assert.equal(config.data, `${memoryFolder}/state`);
    assert.equal(config.knowledge.folder, `${memoryFolder}/docs`);
    assert.equal(sqlitePath(config.database), `${memoryFolder}/db/ledger.db`);
  });

  test('an absolute database may be written with slashes or without', async () => {
    const paths = ['sqlite:/var/a.db', 'sqlite:///var/a.db', 'file:/var/a.db'].map(async (url) => {
      const { config } = await load(undefined, { DATABASE_URL: url });
      return sqlitePath(config.database);
    });

    assert.deepEqual(await Promise.all(paths), ['/var/a.db', '/var/a.db', '/var/a.db']);
  });

  test('a folder named knowledge in the working directory is used, else the one that comes with Parley', async () => {
    const own = await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({}, { folders: ['knowledge'] }) });
    const shipped = await load(undefined);

    assert.equal(own.config.knowledge.folder, `${memoryFolder}/knowledge`);
    assert.match(shipped.config.knowledge.folder, /knowledge$/);
    assert.notEqual(shipped.config.knowledge.folder, `${memoryFolder}/knowledge`);
  });
});

describe('variables in the file', () => {
  test('${NAME} becomes the variable, also inside a text and where a number is meant', async () => {
    const { config } = await load('server: { port: "${MY_PORT}" }\nbot: { name: "${TEAM} bot, $${TEAM}" }', {
      MY_PORT: '81',
      TEAM: 'Blue',
    });

    assert.equal(config.server.port, 81);
    assert.equal(config.bot.name, 'Blue bot, ${TEAM}');
  });

  test('${NAME} also takes the content of the file that NAME_FILE names', async () => {
    const files = memoryFiles({
      'parley.yaml': 'slack: { botToken: "${MY_TOKEN}", appToken: xapp-1 }',
      'run/token': 'xoxb-from-file\n',
    });

    const { config, secrets } = await loadConfig({ env: { MY_TOKEN_FILE: 'run/token' }, cwd: memoryFolder, files });

    assert.equal(config.slack.botToken, 'xoxb-from-file');
    assert.deepEqual(secrets, ['xoxb-from-file', 'xapp-1']);
  });

  test('what a variable holds is not read as YAML or as a variable again', async () => {
    const { config } = await load('bot: { name: "${A}" }', { A: '{ x: ${B} }' });

    assert.equal(config.bot.name, '{ x: ${B} }');
  });
});

describe('secrets in files', () => {
  const env = { OPENAI_API_KEY_FILE: 'run/key' };

  test('NAME_FILE gives the content without its last line break', async () => {
    const { config, sources, warnings } = await loadConfig({
      env,
      cwd: memoryFolder,
      files: memoryFiles({ 'run/key': 'sk-from-file\r\n' }),
    });

    assert.equal(config.model.openai.apiKey, 'sk-from-file');
    assert.equal(sources.get('model.openai.apiKey'), 'OPENAI_API_KEY_FILE');
    assert.deepEqual(warnings, []);
  });

  test('a file that others may read gives a warning that says how to mend it', async () => {
    const files = memoryFiles({ 'run/key': 'sk-from-file' }, { modes: { 'run/key': 0o644 } });

    const { warnings } = await loadConfig({ env, cwd: memoryFolder, files });

    assert.deepEqual(warnings, ['OPENAI_API_KEY_FILE: run/key has the mode 0644. Mend it with: chmod 640 run/key']);
  });

  test('the owner and the group may read it', async () => {
    const files = memoryFiles({ 'run/key': 'sk-from-file' }, { modes: { 'run/key': 0o640 } });

    const { warnings } = await loadConfig({ env, cwd: memoryFolder, files });

    assert.deepEqual(warnings, []);
  });

  test('every secret is known, for the log to leave out', async () => {
    const yaml = `
slack: { botToken: xoxb-1, signingSecret: s1gning }
webhooks:
  desk: { verify: { scheme: bearer, secrets: [first-token, second-token] }, callback: { url: https://a.example, secret: ${whsec} } }
`;

    const { secrets } = await load(yaml, { DISCORD_TOKEN: 'discord-token', SLACK_CLIENT_SECRET: 'client-secret' });

    const expected = ['xoxb-1', 's1gning', 'first-token', 'second-token', whsec, 'discord-token', 'client-secret'];
    assert.deepEqual(new Set(secrets), new Set(expected));
  });
});

describe('what follows from what', () => {
  test('a key or an address switches the OpenAI model on', async () => {
    const byKey = await load(undefined, { OPENAI_API_KEY: 'sk-1' });
    const byUrl = await load(undefined, { OPENAI_BASE_URL: 'http://localhost:11434/v1' });
    const byFile = await load('model: { openai: { baseUrl: "http://localhost:11434/v1" } }');

    assert.deepEqual(
      [byKey, byUrl, byFile].map(({ config }) => config.model.provider),
      ['openai', 'openai', 'openai'],
    );
    assert.equal(byUrl.config.model.openai.apiKey, undefined);
  });

  test('the built-in model stays when it is asked for by name', async () => {
    const { config } = await load('model: { provider: builtin }', { OPENAI_API_KEY: 'sk-1' });

    assert.equal(config.model.provider, 'builtin');
  });

  test('the output limit goes by the name that the endpoint knows', async () => {
    const openai = await load(undefined, { OPENAI_API_KEY: 'sk-1' });
    const other = await load(undefined, { OPENAI_BASE_URL: 'http://localhost:11434/v1' });

    assert.equal(openai.config.model.openai.maxTokensParam, 'max_completion_tokens');
    assert.equal(other.config.model.openai.maxTokensParam, 'max_tokens');
  });

  test('Slack is on with a bot token: by HTTP with the signing secret, by Socket Mode with an app token', async () => {
    const http = await load(undefined, { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'secret' });
    const socket = await load(undefined, { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' });
    const off = await load('slack: { enabled: false }', { SLACK_BOT_TOKEN: 'xoxb-1' });

    assert.deepEqual(
      [http, socket, off].map(({ config }) => config.slack.enabled),
      [true, true, false],
    );
    assert.deepEqual(
      [http, socket].map(({ config }) => config.slack.transport),
      ['http', 'socket'],
    );
  });

  test('a Slack app that is half configured stays off and says so', async () => {
    const { config, warnings } = await load(undefined, { SLACK_SIGNING_SECRET: 'secret' });

    assert.equal(config.slack.enabled, false);
    assert.match(warnings.join('\n'), /Slack stays off: slack\.botToken \(SLACK_BOT_TOKEN\) is not set/);
  });

  test('a variable that Parley does not know is pointed out', async () => {
    const { warnings } = await load(undefined, { PARLEY_DATE: './x', SOMETHING_ELSE: '1' });

    assert.deepEqual(warnings, ['PARLEY_DATE is not a setting of Parley. Did you mean PARLEY_DATA?']);
  });

  test('a webhook source gets its defaults, and its verification is what the verifier takes', async () => {
    const yaml = `
webhooks:
  desk: { verify: { scheme: standard, secret: ${whsec} } }
  shop: { verify: { scheme: hmac, secrets: [one-secret, two-secret], header: x-sig, signed: "{timestamp}.{body}", timestampHeader: x-time } }
  till: { verify: { scheme: bearer, secret: some-token }, text: "{{order.note}}" }
`;

    const { config } = await load(yaml);

    const { desk, shop, till } = config.webhooks;
    assert.deepEqual(desk?.verify, { scheme: 'standard', toleranceSeconds: 300, secrets: [whsec] });
    assert.deepEqual([desk?.conversation, desk?.text, till?.text], ['{{conversation}}', '{{text}}', '{{order.note}}']);
    assert.deepEqual(shop && sharedSecrets(shop.verify), ['one-secret', 'two-secret']);
    for (const source of [desk, shop, till]) assert.equal(typeof createSourceVerifier(source!.verify, fetch), 'function');
  });
});
