import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig, type LoadOptions } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

async function problemsOf(
  yaml: string | undefined,
  env: LoadOptions['env'] = {},
  files: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const texts = yaml === undefined ? files : { ...files, 'parley.yaml': yaml };
  const loading = loadConfig({ env, cwd: memoryFolder, files: memoryFiles(texts) });
  const error = await loading.then(
    () => assert.fail('the configuration was accepted'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConfigError, String(error));
  return error.problems;
}

/** Each mistake by itself, and everything that must be said about it. */
const mistakes: readonly { title: string; yaml?: string; env?: LoadOptions['env']; said: string }[] = [
  {
    title: 'a lease that a delivery may not fit into',
    yaml: 'worker:\n  leaseSeconds: 30\n',
    said: 'worker.leaseSeconds (parley.yaml line 2): must be at least 3 times delivery.timeoutSeconds, which is 15: within its lease a delivery is looked up, sent and recorded. Example: worker.leaseSeconds: 45, or delivery.timeoutSeconds: 10',
  },
  {
    title: 'deliveries that may take too long for the lease',
    yaml: 'delivery: { timeoutSeconds: 20.5 }',
    said: 'worker.leaseSeconds: must be at least 3 times delivery.timeoutSeconds, which is 20.5: within its lease a delivery is looked up, sent and recorded. Example: worker.leaseSeconds: 62, or delivery.timeoutSeconds: 20',
  },
  {
    title: 'an address for alerts without a secret to sign them',
    env: { ALERTS_URL: 'https://alerts.example.com' },
    said: 'alerts.secret (ALERTS_SECRET): is missing: alerts are signed with it. Example: ALERTS_SECRET=whsec_...',
  },
  {
    title: 'a variable of the wrong type',
    env: { PORT: 'http' },
    said: 'server.port (PORT): must be a number, not "http". Example: PORT=3000',
  },
  {
    title: 'a value in the file of the wrong type, with its line',
    yaml: 'log:\n  level: info\nslack:\n  streaming: perhaps\n',
    said: 'slack.streaming (parley.yaml line 4): must be true or false, not "perhaps". Example: slack.streaming: false',
  },
  {
    title: 'a number that is too large',
    yaml: 'server: { port: 70000 }',
    said: 'server.port (PORT; parley.yaml line 1): must be at most 65535, not 70000. Example: server.port: 3000',
  },
  {
    title: 'a number that is no whole one',
    yaml: 'worker: { concurrency: 1.5 }',
    said: 'worker.concurrency (parley.yaml line 1): must be a whole number, not 1.5. Example: worker.concurrency: 64',
  },
  {
    title: 'a word that is none of those allowed',
    env: { LOG_LEVEL: 'warning' },
    said: 'log.level (LOG_LEVEL): must be one of debug, info, warn, error, not "warning" (did you mean warn?). Example: LOG_LEVEL=debug',
  },
  {
    title: 'an address that is none',
    env: { OPENAI_BASE_URL: 'localhost:11434' },
    said: 'model.openai.baseUrl (OPENAI_BASE_URL): must be an http or https URL, not "localhost:11434". Example: OPENAI_BASE_URL=http://localhost:11434/v1',
  },
  {
    title: 'a key that is misspelt',
    yaml: 'slack: { bot_tokn: xoxb-1 }',
    said: 'slack.bot_tokn (parley.yaml line 1): there is no such setting. Did you mean slack.botToken?',
  },
  {
    title: 'a mode of a channel that there is not',
    yaml: 'slack:\n  channels:\n    general:\n      mode: folow\n',
    said:
      'slack.channels.general.mode (parley.yaml line 4): must be one of mention, follow, off, not "folow" (did you mean follow?). ' +
      'Example: slack.channels.general.mode: mention',
  },
  {
    title: 'somebody named by name who may ask in a channel',
    yaml: 'slack: { channels: { general: { allow: { users: [ann] } } } }',
    said:
      'slack.channels.general.allow.users (parley.yaml line 1): must hold ids of people, as in U0123456789 ("Copy member ID" in their profile), ' +
      'not "ann". Example: slack.channels.general.allow.users: [U0123456789]',
  },
  {
    title: 'a list of who may ask that is empty',
    yaml: 'slack: { channels: { general: { allow: {} } } }',
    said: 'slack.channels.general.allow (parley.yaml line 1): names nobody: give it users or groups, or leave it out so that everybody may ask.',
  },
  {
    title: 'a model of a channel that nobody can provide',
    yaml: 'slack: { channels: { general: { model: gpt-5.4 } } }',
    said:
      'slack.channels.general.model (parley.yaml line 1): cannot be chosen while the built-in model answers: set model.provider to openai, ' +
      'and its key or address. Example: slack.channels.general.model: gpt-5.4',
  },
  {
    title: 'a channel that cannot be',
    yaml: 'slack: { channels: { "General Talk": { mode: "off" } } }',
    said: 'slack.channels.General Talk (parley.yaml line 1): the name must be the id of a channel, as in C0123456789, or its name, as in general.',
  },
  {
    title: 'a key in the wrong section',
    yaml: 'port: 80',
    said: 'port (parley.yaml line 1): there is no such setting. Did you mean server.port?',
  },
  {
    title: 'a key that nothing resembles',
    yaml: 'log: { colour: red }',
    said: 'log.colour (parley.yaml line 1): there is no such setting. Known here: level, format.',
  },
  {
    title: 'a section that is a text',
    yaml: 'bot: hello',
    said: 'bot (parley.yaml line 1): must be a section with settings of its own, not "hello".',
  },
  {
    title: 'a file that is a list',
    yaml: '- a\n',
    said: 'parley.yaml: must hold settings by name. Example: server: { port: 3000 }',
  },
  {
    title: 'a variable in the file that is not set',
    yaml: 'bot: { name: "${BOT_NAME}" }',
    said: 'bot.name (parley.yaml line 1): the environment variable BOT_NAME is not set. Example: BOT_NAME=... in .env',
  },
  {
    title: 'a gap in the file that names no variable',
    yaml: 'bot: { name: "${A:-b}" }',
    said: 'bot.name (parley.yaml line 1): ${A:-b} names no variable. Write $${A:-b} for the characters themselves.',
  },
  {
    title: 'a secret that is given twice',
    env: { DISCORD_TOKEN: 'a', DISCORD_TOKEN_FILE: 'b' },
    said: 'DISCORD_TOKEN and DISCORD_TOKEN_FILE are both set: keep one of them.',
  },
  {
    title: 'a file with a secret that is not there',
    env: { DISCORD_TOKEN_FILE: 'run/token' },
    said: 'DISCORD_TOKEN_FILE: cannot read run/token: there is no such file. Example: DISCORD_TOKEN_FILE=/run/secrets/discord_token',
  },
  {
    title: 'a file named by PARLEY_CONFIG that is not there',
    env: { PARLEY_CONFIG: 'my.yaml' },
    said: 'PARLEY_CONFIG: cannot read my.yaml: there is no such file. Example: PARLEY_CONFIG=./parley.yaml',
  },
  {
    title: 'PostgreSQL, without repeating the password in its address',
    env: { DATABASE_URL: 'postgres://parley:hunter2@db/parley' },
    said: 'database (DATABASE_URL): PostgreSQL is not supported by this version. Remove the setting to use SQLite in the data folder. Example: DATABASE_URL=sqlite:/var/lib/parley/parley.db',
  },
  {
    title: 'OpenAI without a key',
    yaml: 'model: { provider: openai }',
    said: 'model.openai.apiKey (OPENAI_API_KEY): is missing, and api.openai.com answers nobody without a key. Example: OPENAI_API_KEY=sk-proj-...',
  },
  {
    title: 'Slack by HTTP without its signing secret',
    env: { SLACK_BOT_TOKEN: 'xoxb-1' },
    said: 'slack.signingSecret (SLACK_SIGNING_SECRET): is missing: events that arrive by HTTP need it. For Socket Mode set slack.appToken (SLACK_APP_TOKEN) in its place. Example: SLACK_SIGNING_SECRET=8f742231b10e...',
  },
  {
    title: 'Slack switched on without a token',
    yaml: 'slack: { enabled: true }',
    said: 'slack.botToken (SLACK_BOT_TOKEN): is missing: Slack cannot be answered without it. Example: SLACK_BOT_TOKEN=xoxb-...',
  },
  {
    title: 'a token of the wrong kind, without repeating it',
    env: { SLACK_BOT_TOKEN: 'xoxp-user-token', SLACK_SIGNING_SECRET: 's' },
    said: 'slack.botToken (SLACK_BOT_TOKEN): must be a bot token, which begins with xoxb-. Example: SLACK_BOT_TOKEN=xoxb-...',
  },
  {
    title: 'a webhook without a secret',
    yaml: 'webhooks: { desk: { verify: { scheme: bearer } } }',
    said: 'webhooks.desk.verify.secret: is missing: without it anybody could send. Example: webhooks.desk.verify.secret: ${TICKETS_SECRET}',
  },
  {
    title: 'a webhook that does not say how it proves itself',
    yaml: 'webhooks: { desk: { text: hi } }',
    said: 'webhooks.desk.verify: is missing. Example: webhooks.desk.verify: { scheme: standard, secret: "${TICKETS_SECRET}" }',
  },
  {
    title: 'a way of proof that does not exist',
    yaml: 'webhooks: { desk: { verify: { scheme: hmca } } }',
    said: 'webhooks.desk.verify.scheme (parley.yaml line 1): must be one of standard, hmac, publicKey, bearer, apiKey, basic, urlSecret, jwt, mtls, not "hmca" (did you mean hmac?).',
  },
  {
    title: 'a signature that does not cover the body',
    yaml: 'webhooks: { desk: { verify: { scheme: hmac, secret: long-enough, header: x, signed: "{timestamp}", timestampHeader: t } } }',
    said: 'webhooks.desk.verify.signed (parley.yaml line 1): must contain {body} (or {form}, for forms): what does not cover the body proves nothing, not "{timestamp}". Example: webhooks.desk.verify.signed: {timestamp}.{body}',
  },
  {
    title: 'a template that cannot be read',
    yaml: 'webhooks: { desk: { verify: { scheme: bearer, secret: long-enough }, text: "{{a..b}}" } }',
    said: 'webhooks.desk.text (parley.yaml line 1): cannot be used: The path "a..b" cannot be read. Write it like ticket.comments[0].body. Example: webhooks.desk.text: {{ticket.subject}}: {{comment.body}}',
  },
  {
    title: 'a JSONata expression that cannot be read',
    yaml: 'webhooks: { desk: { verify: { scheme: bearer, secret: long-enough }, conversation: { jsonata: "ticket.(" } } }',
    said: `webhooks.desk.conversation (parley.yaml line 1): cannot be used: Expected ")" before end of expression at position 8 in "ticket.(". Example: webhooks.desk.conversation: { jsonata: "$string(ticket.id)" }`,
  },
  {
    title: 'a condition that would be another at another time',
    yaml: 'webhooks:\n  desk:\n    verify: { scheme: bearer, secret: long-enough }\n    when:\n      jsonata: due < $now()',
    said: 'webhooks.desk.when.jsonata (parley.yaml line 5): cannot be used: $now at position 10 is not to be had: an event that arrives again must give the same, in "due < $now()". Example: webhooks.desk.when.jsonata: action = "created"',
  },
  {
    title: 'a Liquid template with a filter that does not exist',
    yaml: 'webhooks: { desk: { verify: { scheme: bearer, secret: long-enough }, text: { liquid: "{{ a | shout }}" } } }',
    said: `webhooks.desk.text (parley.yaml line 1): cannot be used: undefined filter: shout, line:1, col:1 in "{{ a | shout }}". Example: webhooks.desk.text: { jsonata: "ticket.subject & ': ' & comment.body" }`,
  },
  {
    title: 'Liquid where only a text or JSONata may stand',
    yaml: 'webhooks: { desk: { verify: { scheme: bearer, secret: long-enough }, author: { liquid: "{{ a }}" } } }',
    said: 'webhooks.desk.author (parley.yaml line 1): must be a text with gaps, or { jsonata: "..." }, not a section. Example: webhooks.desk.author: {{requester.name}}',
  },
  {
    title: 'a name of a webhook that cannot stand in a URL',
    yaml: 'webhooks: { "My Desk": { verify: { scheme: bearer, secret: long-enough } } }',
    said: 'webhooks.My Desk (parley.yaml line 1): the name must be made of a-z, 0-9 and - (at most 64).',
  },
];

for (const { title, yaml, env, said } of mistakes) {
  test(`names the key, the problem and an example: ${title}`, async () => {
    assert.deepEqual(await problemsOf(yaml, env), [said]);
  });
}

test('tells of every mistake at once, whatever source it comes from', async () => {
  const yaml = 'prot: 1\nserver: { port: x }\nwebhooks:\n  a: { verify: { scheme: bearer } }\n  b: { verify: 5 }\n';

  const problems = await problemsOf(yaml, { LOG_LEVEL: 'x', DISCORD_TOKEN_FILE: 'nowhere', SLACK_BOT_TOKEN: 'xoxb-1' });

  const keys = problems.map((problem) => problem.split(/[: ]/)[0]);
  const expected = [
    'DISCORD_TOKEN_FILE',
    'prot',
    'server.port',
    'log.level',
    'webhooks.b.verify',
    'webhooks.a.verify.secret',
    'slack.signingSecret',
  ];
  assert.deepEqual(new Set(keys), new Set(expected));
});

test('never repeats a secret, whichever key it stands under', async () => {
  const secret = 'sk-verysecretvalue';

  const problems = await problemsOf(`server: { port: "${secret}" }\nlog: { level: hidden-by-value }`, {
    OPENAI_MODEL: 'x',
    SLACK_APP_TOKEN: 'hidden-by-value',
  });

  assert.doesNotMatch(problems.join('\n'), /verysecretvalue|hidden-by-value/);
  assert.match(problems.join('\n'), /server\.port .*not "\[secret\]"/);
});

test('does not call a value missing that was given but could not be read', async () => {
  const problems = await problemsOf(undefined, { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET_FILE: 'nowhere' });

  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /^SLACK_SIGNING_SECRET_FILE: cannot read/);
});

test('an empty secret file is refused', async () => {
  const problems = await problemsOf(undefined, { OPENAI_API_KEY_FILE: 'key' }, { key: '\n' });

  assert.match(problems.join('\n'), /OPENAI_API_KEY_FILE: cannot read key: the file is empty/);
});
