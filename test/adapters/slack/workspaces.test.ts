import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSlackLedger, noAbort, recordCalls, settled, shownIn } from './harness.ts';
import { answerIn, grantersIn, shownBy, startOAuth } from './oauth-scene.ts';

for (const transport of ['http', 'socket'] as const) {
  describe(`an organisation installs the app as a whole, events by ${transport}`, () => {
    test('and each of its workspaces is answered with its token', async (t) => {
      const slack = await startOAuth(t, { transport });
      const corp = slack.emulator.enterprise('corp');
      const [sales, legal] = [corp.workspace('sales'), corp.workspace('legal')];

      const page = await slack.install(corp);
      await answerIn(slack, sales, 'for sales');
      await answerIn(slack, legal, 'for legal');

      assert.match(page.text, /the organisation corp/);
      assert.deepEqual([shownBy(sales), shownBy(legal)], [['for sales'], ['for legal']]);
      assert.deepEqual(
        slack.offered.map(({ tenant }) => tenant),
        [sales.id, sales.id, legal.id, legal.id],
        'a workspace stays a tenant of its own',
      );
    });

    test('and takes it away: from all its workspaces', async (t) => {
      const slack = await startOAuth(t, { transport });
      const corp = slack.emulator.enterprise('corp');
      const sales = corp.workspace('sales');
      await slack.install(corp);
      await answerIn(slack, sales);
      slack.offered.length = 0;

      const events = corp.uninstall();
      await Promise.all(events.map(({ acknowledged }) => acknowledged));

      const gone = slack.offered.filter(({ type }) => type === 'uninstall').map(({ tenant }) => tenant);
      assert.deepEqual(new Set(gone), new Set([corp.id, sales.id]));
      assert.match(slack.adapter.health().detail, /no workspace/);
    });
  });
}

describe('a workspace of an organisation', () => {
  test('that has the app for itself uses its own token', async (t) => {
    const slack = await startOAuth(t);
    const corp = slack.emulator.enterprise('corp');
    const sales = corp.workspace('sales');

    await slack.install(sales);
    await answerIn(slack, sales);

    assert.deepEqual(shownBy(sales), ['the answer']);
  });

  test('can be written to after a restart, before it has said anything', async (t) => {
    const slack = await startOAuth(t, { ledger: createSlackLedger(createFakeClock()) });
    const corp = slack.emulator.enterprise('corp');
    const sales = corp.workspace('sales');
    await slack.install(corp);
    const message = await answerIn(slack, sales);
    const { installation: _installation, ...destination } = message.destination;
    await slack.adapter.stop();
    await slack.start();

    await slack.adapter.send({ ...message, id: 'answer000000000000000777', text: 'later', destination }, noAbort);

    assert.deepEqual(shownBy(sales), ['the answer', 'later']);
  });

  test('gives its slash commands to the organisation`s app', async (t) => {
    const slack = await startOAuth(t);
    const corp = slack.emulator.enterprise('corp');
    await slack.install(corp);
    const sales = corp.workspace('sales');

    const command = sales.command({ command: '/parley', text: 'help' });

    assert.equal(await command.acknowledged, true);
    const [event] = slack.offered;
    assert.ok(event?.type === 'command');
    assert.equal(event.destination['installation'], corp.id);
  });
});

describe('what people press in a workspace', () => {
  for (const kind of ['workspace', 'organisation'] as const) {
    test(`is answered with the token of its ${kind}, and belongs to its conversations`, async (t) => {
      const slack = await startOAuth(t, { options: { buttons: ['feedback', 'regenerate'] } });
      const corp = slack.emulator.enterprise('corp');
      const sales = corp.workspace('sales');
      await slack.install(kind === 'workspace' ? sales : corp);
      const { conversationId } = await answerIn(slack, sales);
      const { channelId: channel = '', ts = '' } = sales.messages('general').find(({ isBot }) => isBot) ?? {};

      await sales.press({ channel, ts, label: 'Bad answer' }).acknowledged;
      await settled(() => sales.views().length > 0);
      await sales.press({ channel, ts, label: 'Answer again' }).acknowledged;
      await sales.command({ command: '/ask', text: 'why?' }).acknowledged;

      const [judgement, press, command] = slack.offered.slice(-3);
      assert.ok(judgement?.type === 'feedback' && press?.type === 'action' && command?.type === 'command');
      assert.deepEqual([judgement.tenant, press.tenant, command.tenant], [sales.id, sales.id, sales.id]);
      assert.deepEqual([judgement.conversationId, press.conversationId], [conversationId, conversationId]);
      assert.equal(press.destination['installation'], kind === 'workspace' ? sales.id : corp.id);
    });
  }

  test('where the app is not installed is acknowledged and dropped', async (t) => {
    const slack = await startOAuth(t);
    const stranger = slack.place('stranger');
    const said = stranger.say({ text: 'hello' });

    const chosen = stranger.shortcut({ callbackId: 'parley.answer', message: said });

    assert.equal(await chosen.acknowledged, true);
    assert.deepEqual(slack.offered, []);
    assert.equal(slack.log.find('slack interaction from where the app is not installed; it is dropped').length, 1);
  });
});

describe('everything that is called in a workspace', () => {
  test('is called with its token: streams, status, names, looking for an answer, taking one away', async (t) => {
    const slack = await startOAuth(t);
    const [acme, globex] = [slack.place('acme'), slack.place('globex')];
    await slack.install(acme);
    await slack.install(globex);
    const seen: string[] = [];
    slack.emulator.onCall((method, args, phase) => {
      if (phase === 'before') seen.push(`${method} ${String(args['token']).split('-')[1]}`);
    });
    const message = await answerIn(slack, globex);
    const { id, conversationId, tenant, inReplyTo, destination } = message;

    await slack.adapter.typing(destination, noAbort);
    const found = await slack.adapter.find(message, noAbort);
    assert.ok(found?.complete);
    await slack.adapter.remove(message, found.receipt, noAbort);
    const opening = { id: id.replace('answer', 'stream'), conversationId, tenant, inReplyTo, destination };
    const stream = slack.adapter.stream?.(opening, noAbort);
    stream?.append('some words ');
    assert.ok(await stream?.opened);
    await stream?.close();

    assert.deepEqual(shownBy(globex), ['some words ']);
    assert.deepEqual(shownBy(acme), []);
    assert.ok(seen.length >= 5);
    assert.deepEqual(new Set(seen.map((call) => call.split(' ')[1])), new Set(['2']), 'the token of the second workspace');
  });
});

describe('a configured bot token beside OAuth', () => {
  test('goes on answering in its own workspace', async (t) => {
    const slack = await startOAuth(t, { botToken: 'xoxb-emulated-bot-token' });
    const acme = slack.place('acme');
    await slack.install(acme);

    const said = slack.emulator.say({ text: 'to the first workspace', mention: true });
    await Promise.all(said.deliveries.map(({ acknowledged }) => acknowledged));
    const [event] = slack.offered;
    assert.ok(event?.type === 'message');
    assert.equal('installation' in event.destination, false);
    const { conversationId, tenant, eventId: inReplyTo, destination } = event;
    const rest = { text: 'by the configured token', part: 0, parts: 1, attempt: 1, createdAt: slack.clock.now() };
    await slack.adapter.send(
      { id: 'answer000000000000000009', conversationId, tenant, inReplyTo, destination, ...rest },
      noAbort,
    );
    await answerIn(slack, acme, 'by the installed one');

    assert.deepEqual(
      shownIn(slack, said).map(({ text }) => text),
      ['by the configured token'],
    );
    assert.deepEqual(shownBy(acme), ['by the installed one']);
    assert.match(slack.adapter.health().detail, /workspace T0PARLEY01, installed once by OAuth/);
  });
});

describe('when the app is taken away', () => {
  test('its workspace is forgotten, whichever of the two events comes first, and an event that follows is dropped', async (t) => {
    const slack = await startOAuth(t);
    const acme = slack.place('acme');
    await slack.install(acme);

    const events = acme.uninstall();
    await Promise.all(events.map(({ acknowledged }) => acknowledged));

    assert.deepEqual(
      slack.offered.map(({ type, tenant }) => [type, tenant]),
      events.map(() => ['uninstall', acme.id]),
    );
    assert.match(slack.adapter.health().detail, /no workspace/);
    const calls = recordCalls(slack, ['chat.postMessage']);
    const message = { id: 'answer000000000000000001', conversationId: 'c', tenant: acme.id, inReplyTo: 'e' };
    const rest = { text: 'too late', part: 0, parts: 1, attempt: 1, createdAt: 0, destination: { channel: 'C1' } };
    await assert.rejects(slack.adapter.send({ ...message, ...rest }, noAbort), /is not installed in the Slack workspace/);
    assert.equal(calls.length, 0);
  });

  test('and installed again, it works as before', async (t) => {
    const slack = await startOAuth(t);
    const acme = slack.place('acme');
    await slack.install(acme);
    await Promise.all(acme.uninstall().map(({ acknowledged }) => acknowledged));

    await slack.install(acme);
    await answerIn(slack, acme, 'back again');

    assert.deepEqual(shownBy(acme), ['back again']);
  });

  test('by one person for themselves, only what they granted is forgotten', async (t) => {
    const ledger = createSlackLedger(createFakeClock());
    const slack = await startOAuth(t, { ledger, oauth: { userScopes: ['search:read'] } });
    const acme = slack.place('acme');
    await slack.install(acme, 'Ada');
    await slack.install(acme, 'Bob');

    await acme.revokeUser('Ada').acknowledged;
    await answerIn(slack, acme);

    assert.deepEqual(grantersIn(ledger, acme.id), [acme.user('Bob').id]);
    assert.deepEqual(shownBy(acme), ['the answer']);
    assert.ok(slack.offered.every(({ type }) => type !== 'uninstall'));
  });
});
