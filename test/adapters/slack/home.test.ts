import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSlackCaller } from '../../../adapters/slack/client.ts';
import { createHome } from '../../../adapters/slack/home.ts';
import { toHomeView } from '../../../adapters/slack/home-view.ts';
import type { HomeContent } from '../../../adapters/slack/home-view.ts';
import { silentLog } from '../../../src/log.ts';
import type { Overview } from '../../../src/usage.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { emptyOverview } from '../../support/empty-overview.ts';
import { startOAuth } from './oauth-scene.ts';
import { recordCalls, settled, startSlack } from './harness.ts';
import type { Slack, SlackSetup } from './harness.ts';

const links = [{ title: 'Rules', url: 'https://intranet.example.com/rules?a=1&b=2' }];
const home = { botName: 'Parley', links };
const usage = { questions: 12, answers: 11, failures: 1, inputTokens: 12_345, outputTokens: 678 };
const overview: Overview = {
  ...emptyOverview,
  waiting: 2,
  oldestWaitingAt: 1_000,
  month: usage,
  total: { ...usage, questions: 40 },
};
const content: HomeContent = { ...home, botUserId: 'U0BOT', command: '/parley', connection: 'HTTP', buttons: [], now: 60_000 };

const startHome = (t: Parameters<typeof startSlack>[0], setup: SlackSetup = {}): Promise<Slack> =>
  startSlack(t, { ...setup, options: { home, ...setup.options } });

async function openHome({ emulator }: Slack, user = 'Ada'): Promise<string> {
  const before = emulator.home(user)?.hash;
  await emulator.openHome(user).acknowledged;
  await settled(() => emulator.home(user)?.hash !== before);
  return emulator.home(user)?.text ?? '';
}

for (const transport of ['http', 'socket'] as const) {
  test(`the Home tab says how to ask, how Parley does and what the person has asked, by ${transport}`, async (t) => {
    const slack = await startHome(t, { transport });
    const asked: string[][] = [];
    slack.onOverview = async (...who) => {
      asked.push(who);
      return overview;
    };

    const text = await openHome(slack, 'Bea');

    const { teamId, bot, user } = slack.emulator;
    assert.deepEqual(asked, [[teamId, user('Bea').id]]);
    assert.match(text, /^Parley\nI answer questions\. Ask me:\n/);
    assert.ok(text.includes(`Mention me (<@${bot.id}>)`));
    assert.match(text, new RegExp(`Slack: connected, by ${transport === 'http' ? 'HTTP' : 'Socket Mode'}`));
    assert.match(text, /Model `test-model`: nobody has asked it anything yet/);
    assert.match(text, /2 messages wait for an answer, the oldest since <!date\^1\^\{ago\}\|1970-01-01 00:00 UTC>/);
    assert.match(text, /\*This month\*\n12 questions, 11 answers, 1 failed\n12,345 tokens read, 678 written/);
    assert.match(text, /\*In total\*\n40 questions/);
    assert.ok(text.includes('<https://intranet.example.com/rules?a=1&amp;b=2|Rules>'));
    assert.equal(slack.emulator.home('Ada'), undefined);
    assert.deepEqual(slack.offered, []);
  });
}

describe('the Home tab', () => {
  test('is made anew when it is opened again, but not within five seconds', async (t) => {
    const clock = createFakeClock();
    const slack = await startHome(t, { clock });
    const calls = recordCalls(slack, ['views.publish']);
    await openHome(slack);

    await slack.emulator.openHome().acknowledged;
    await openHome(slack, 'Bea');
    await clock.advance(5_000);
    await openHome(slack);

    assert.equal(calls.length, 3);
    assert.equal(calls[2]?.args['hash'], '1.home');
  });

  test('does not take the place of a newer one', async (t) => {
    const clock = createFakeClock();
    const slack = await startHome(t, { clock });
    await openHome(slack);
    await clock.advance(5_000);
    const gate = Promise.withResolvers<Overview>();
    slack.onOverview = () => gate.promise;
    const calls = recordCalls(slack, ['views.publish']);
    await slack.emulator.openHome().acknowledged;

    await publishByHand(slack, 'newer');
    gate.resolve(emptyOverview);
    await settled(() => calls.length === 2);
    await settled(() => slack.emulator.home()?.text === 'newer');

    assert.deepEqual(
      slack.log.lines.filter(({ level }) => level === 'warn' || level === 'error'),
      [],
    );
  });

  test('waits for a rate limit, and is there then', async (t) => {
    const clock = createFakeClock();
    const slack = await startHome(t, { clock });
    const calls = recordCalls(slack, ['views.publish']);
    slack.emulator.faults.add({ method: 'views.publish', kind: 'rate_limit', retryAfterSeconds: 3 });

    await slack.emulator.openHome().acknowledged;
    await settled(() => calls.length === 1);
    while (!slack.emulator.home()) await clock.advance(1_000);

    assert.equal(calls.length, 2);
  });

  test('that fails disturbs nothing, and can be opened again at once', async (t) => {
    const slack = await startHome(t);
    slack.onOverview = async () => {
      throw new Error('The disk is full.');
    };
    await slack.emulator.openHome().acknowledged;
    await settled(() => slack.log.lines.some(({ message }) => message === 'slack home tab was not shown'));

    slack.emulator.say({ text: 'Are you there?', mention: true });
    await slack.offeredMessages(1);
    slack.onOverview = async () => emptyOverview;

    assert.match(await openHome(slack), /^Parley\n/);
  });

  test('is that of the workspace in which it is opened, of whichever installation', async (t) => {
    const slack = await startOAuth(t, { options: { home } });
    const [blue, globex] = [slack.place('blue'), slack.emulator.enterprise('globex')];
    const red = globex.workspace('red');
    await slack.install(blue);
    await slack.install(globex);
    const asked: string[][] = [];
    slack.onOverview = async (...who) => {
      asked.push(who);
      return emptyOverview;
    };

    await blue.openHome().acknowledged;
    await red.openHome('Rhea').acknowledged;
    await settled(() => blue.home() !== undefined && red.home('Rhea') !== undefined);

    const key = ([tenant, person]: readonly string[]): string => `${tenant} ${person}`;
    assert.deepEqual(new Set(asked.map(key)), new Set([`${blue.id} ${blue.user('Ada').id}`, `${red.id} ${red.user('Rhea').id}`]));
    assert.ok(red.home('Rhea')?.text.includes(`<@${red.bot.id}>`));
  });

  test('stays as Slack has it where it is off, and nothing is asked for it', async (t) => {
    const slack = await startSlack(t);
    const calls = recordCalls(slack, ['views.publish']);

    await slack.emulator.openHome().acknowledged;
    slack.emulator.say({ text: 'Are you there?', mention: true });
    await slack.offeredMessages(1);

    assert.deepEqual(calls, []);
  });

  test('means nothing where the event is not as documented', () => {
    const asked: unknown[] = [];
    const overview = async (...who: unknown[]): Promise<Overview> => {
      asked.push(who);
      throw new Error('It was asked for.');
    };
    const { onEvent } = createHome({
      ...{ slack: createSlackCaller({ botToken: 'xoxb-none', apiUrl: 'http://127.0.0.1:9/', fetch, log: silentLog }) },
      context: { overview, clock: createFakeClock(), log: silentLog },
      ...{ content, buttonsFor: async () => [], stopping: new AbortController().signal },
    });
    const opened = { type: 'app_home_opened', tab: 'home', user: 'U012345678' };
    const events: unknown[] = [
      ...[null, 'x', {}, { ...opened, tab: 'messages' }, { ...opened, user: 7 }, { ...opened, user: `U${'0'.repeat(300)}` }],
      ...[
        { ...opened, user: 'U1/../x' },
        { ...opened, type: 'message' },
      ],
    ];

    for (const event of events) onEvent({ type: 'event_callback', team_id: 'T1', event }, {});
    onEvent({ type: 'event_callback', event: opened }, {});
    onEvent({ type: 'event_callback', team_id: 'T1', event: { ...opened, view: 'x' } }, {});

    assert.deepEqual(asked, [['T1', 'U012345678']]);
  });
});

async function publishByHand({ emulator }: Slack, text: string): Promise<void> {
  const view = { type: 'home', blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] };
  const response = await fetch(new URL('views.publish', emulator.apiUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: emulator.user('Ada').id, view }),
  });
  assert.partialDeepStrictEqual(await response.json(), { ok: true });
}

describe('what stands on the Home tab', () => {
  test('holds no mention, link or command that somebody else has named so', () => {
    const name = '`<!channel> <https://evil.example|x>\n&';

    const view = JSON.stringify(
      toHomeView(
        { ...emptyOverview, model: { name, newest: undefined } },
        { ...content, links: [{ title: '|<@U1>', url: 'https://example.com/?a|b' }], command: '/`<!here>' },
      ),
    );

    assert.doesNotMatch(view, /<!channel|<!here|<@U1|<https:\/\/evil/);
    assert.ok(view.includes('<https://example.com/?a%7Cb|¦&lt;@U1&gt;>'));
  });

  test('keeps to the limits of Slack, whatever it is called', () => {
    const long = '&'.repeat(5_000);
    const many = Array.from({ length: 30 }, () => ({ title: long, url: `https://example.com/${'&'.repeat(470)}` }));

    const { blocks } = toHomeView(
      { ...emptyOverview, model: { name: long, newest: { at: 1, failed: true } } },
      { ...content, botName: long, command: long, links: many, buttons: [{ actionId: 'a', label: 'b' }] },
    ) as { blocks: readonly { readonly type: string; readonly text?: { readonly text: string } }[] };

    assert.ok(blocks.length <= 100);
    for (const { type, text } of blocks) {
      const length = text?.text?.length ?? 0;
      assert.ok(length <= (type === 'header' ? 150 : 3_000), `${type}: ${length}`);
    }
  });

  test('says in plain words whether the model answers', () => {
    const words = (newest: Overview['model']['newest']): string =>
      JSON.stringify(toHomeView({ ...emptyOverview, model: { name: 'm', newest } }, content));

    assert.match(words({ at: 1_000, failed: false }), /answering, the last time <!date\^1\^/);
    assert.match(words({ at: 1_000, failed: true }), /\*the newest question could not be answered\*/);
  });
});
