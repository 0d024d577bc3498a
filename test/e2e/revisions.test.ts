import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until, type Stage } from './stage.ts';

/** What people see of the bot. */
const answersIn = ({ slack }: Stage, { channel, ts }: { channel: string; ts: string }) =>
  slack.thread(channel, ts).filter(({ isBot, deleted }) => isBot && !deleted);

const textsIn = (stage: Stage, said: { channel: string; ts: string }): string[] =>
  answersIn(stage, said)
    .filter(({ streaming }) => !streaming)
    .map(({ text }) => text);

async function quiet({ store }: Stage): Promise<void> {
  await until(async () => {
    const { waiting, undelivered } = await store().stats();
    return waiting + undelivered === 0;
  }, 'everything to come to rest');
}

for (const slackOver of ['http', 'socket'] as const) {
  for (const streaming of [true, false]) {
    const setup = { slackOver, yaml: { slack: { streaming, transport: slackOver } } } as const;
    const how = `slack by ${slackOver}, ${streaming ? 'streamed' : 'in one piece'}`;

    test(`${how}: an edited question is answered again in place, and a deleted one takes its answer with it`, () =>
      onStage(
        'slack',
        async (stage) => {
          const { start, slack, model } = stage;
          model.behaviour.answer = (request) => `You asked: ${JSON.stringify(request.messages.at(-1)?.content)}`;
          await start();
          if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
          const said = slack.say({ text: 'what is 6 * 8?', mention: true });
          await until(() => textsIn(stage, said).some((text) => text.includes('6 * 8')), 'the answer');

          slack.edit(said, 'what is 6 * 7?');
          await until(() => textsIn(stage, said).some((text) => text.includes('6 * 7')), 'the revision');
          await quiet(stage);
          assert.equal(answersIn(stage, said).length, 1);
          assert.ok((answersIn(stage, said)[0]?.edits ?? 0) >= 1);

          slack.remove(said);
          await until(() => answersIn(stage, said).length === 0, 'the answer to go');
          await quiet(stage);
          assert.equal(model.calls.length, 2);
        },
        setup,
      ));

    test(`${how}: "Answer again" replaces the answer once, and is for who asked`, () =>
      onStage(
        'slack',
        async (stage) => {
          const { start, slack, model } = stage;
          model.behaviour.answer = () => `Answer ${model.calls.length}`;
          await start();
          if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
          const said = slack.say({ text: 'tell me', mention: true });
          await until(() => textsIn(stage, said).length === 1, 'the answer');
          await quiet(stage);
          const [first] = answersIn(stage, said);
          assert.ok(first);
          const button = { channel: said.channel, ts: first.ts, threadTs: said.ts, label: 'Answer again' };

          const press = slack.press(button);
          assert.equal(await press.acknowledged, true);
          await slack.repeat(press).acknowledged;
          await until(() => textsIn(stage, said).every((text) => text !== first.text), 'another answer');
          await quiet(stage);
          assert.equal(model.calls.length, 2);
          assert.deepEqual(
            answersIn(stage, said).map(({ ts }) => ts),
            [first.ts],
          );

          await slack.press({ ...button, user: 'Bea' }).acknowledged;
          await until(() => slack.whispers('Bea').length === 1, 'the note');
          assert.match(slack.whispers('Bea')[0]?.text ?? '', /Only who asked/);
          await slack.press(button).acknowledged;
          await until(() => model.calls.length === 3, 'a third answer');
          await quiet(stage);
          assert.equal(answersIn(stage, said).length, 1);
        },
        setup,
      ));
  }
}

for (const error of ['cant_update_message', 'edit_window_closed', 'message_not_found', 'streaming_state_conflict']) {
  test(`slack: one answer, to the last text, stands there although an edit of it is refused with ${error}`, () =>
    onStage(
      'slack',
      async (stage) => {
        const { start, slack, model } = stage;
        model.behaviour.answer = (request) => JSON.stringify(request.messages.at(-1)?.content);
        await start();
        const said = slack.say({ text: 'first', mention: true });
        await until(() => textsIn(stage, said).some((text) => text.includes('first')), 'the answer');
        await quiet(stage);
        if (error === 'message_not_found') slack.remove({ channel: said.channel, ts: answersIn(stage, said)[0]?.ts ?? '' });
        else slack.faults.add({ method: 'chat.update', kind: 'platform_error', error });

        slack.edit(said, 'second');
        await until(() => textsIn(stage, said).some((text) => text.includes('second')), 'the revision');
        await quiet(stage);

        assert.equal(answersIn(stage, said).length, 1);
        assert.equal((await stage.store().listDeadLetters({ limit: 1 })).length, 0);
      },
      { yaml: { slack: { streaming: false } } },
    ));
}

for (const kind of ['lost_response', 'server_error', 'rate_limit'] as const) {
  test(`slack: edits and removals that meet ${kind} end as if nothing had been`, () =>
    onStage(
      'slack',
      async (stage) => {
        const { start, slack, model } = stage;
        model.behaviour.answer = (request) => JSON.stringify(request.messages.at(-1)?.content);
        await start();
        const said = slack.say({ text: 'first', mention: true });
        await until(() => textsIn(stage, said).some((text) => text.includes('first')), 'the answer');
        await quiet(stage);

        slack.faults.add({ method: 'chat.update', kind, times: 2 });
        slack.edit(said, 'second');
        await until(() => textsIn(stage, said).some((text) => text.includes('second')), 'the revision');
        await quiet(stage);
        assert.equal(answersIn(stage, said).length, 1);
        slack.faults.add({ method: 'chat.delete', kind, times: 2 });
        slack.remove(said);
        await until(() => answersIn(stage, said).length === 0, 'the answer to go');
        await quiet(stage);

        assert.equal((await stage.store().listDeadLetters({ limit: 1 })).length, 0);
      },
      { yaml: { slack: { streaming: false }, delivery: { baseDelayMs: 200, maxDelaySeconds: 2, timeoutSeconds: 4 } } },
    ));
}

test('slack: a link preview changes nothing', () =>
  onStage('slack', async (stage) => {
    const { start, slack, model } = stage;
    await start();
    const said = slack.say({ text: 'see https://example.com', mention: true });
    await until(() => textsIn(stage, said).length === 1, 'the answer');
    await quiet(stage);

    const [unfurled] = slack.edit(said, 'see https://example.com');
    await until(() => unfurled?.isAcknowledged === true, 'the event to be taken');
    await quiet(stage);

    assert.equal(model.calls.length, 1);
    assert.equal(answersIn(stage, said).length, 1);
  }));

for (const fault of ['none', 'unknown message', 'too many edits', 'lost response'] as const) {
  test(`discord: an edited question is answered again in place, a deleted one takes its answer with it (${fault})`, () =>
    onStage('discord', async (stage) => {
      const { start, discord, model } = stage;
      const route = 'PATCH /channels/:id/messages/:id';
      const shown = (): string[] =>
        discord.messages(asked.channelId).flatMap(({ author, content }) => (author.isBot ? [content] : []));
      model.behaviour.answer = (request) => JSON.stringify(request.messages.at(-1)?.content);
      await start();
      const asked = discord.say({ text: 'first', mention: true });
      await until(() => shown().some((text) => text.includes('first')), 'the answer');
      await quiet(stage);

      if (fault === 'too many edits') discord.faults.add({ route, kind: 'platform_error', code: 30046 });
      if (fault === 'lost response') discord.faults.add({ route, kind: 'lost_response' });
      const [answer] = discord.messages(asked.channelId).filter(({ author }) => author.isBot);
      if (fault === 'unknown message' && answer) discord.remove(answer);
      discord.edit(asked, `${asked.content.split(' ')[0]} second`);
      await until(() => shown().some((text) => text.includes('second')), 'the revision');
      await quiet(stage);
      assert.equal(shown().length, 1);

      discord.remove(asked);
      await until(() => shown().length === 0, 'the answer to go');
      await quiet(stage);
      assert.equal((await stage.store().listDeadLetters({ limit: 1 })).length, 0);
    }));
}
