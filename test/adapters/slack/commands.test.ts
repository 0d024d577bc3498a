import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toCommand } from '../../../adapters/slack/command.ts';
import type { SlackCommands } from '../../../adapters/slack/command.ts';
import { createResponder } from '../../../adapters/slack/respond.ts';
import { DeliveryError } from '../../../src/errors.ts';
import type { Command, OutboundMessage } from '../../../src/message.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { readFixture } from './fixtures.ts';
import { answerTo, deliver, noAbort, recordCalls, startSlack } from './harness.ts';
import type { Slack } from './harness.ts';

/** The newest command that was handed over. */
function commandIn({ offered }: Slack): Command {
  const command = offered.findLast((event) => event.type === 'command');
  assert.ok(command);
  return command;
}

function answer(slack: Slack, text: string, part = 0, parts = 1): OutboundMessage {
  const { destination, conversationId, eventId } = commandIn(slack);
  const said = { channel: destination['channel'] ?? '', ts: '1.1', threadTs: '1.1' };
  const id = `answer00000000000000000${part}`;
  return { ...answerTo(slack, said, text), id, destination, conversationId, inReplyTo: eventId, part, parts };
}

const publicly: SlackCommands = { command: '/ask', commandReply: 'public' };
const textsOf = (slack: Slack, channel = 'general'): string[] => slack.emulator.messages(channel).map(({ text }) => text);

for (const transport of ['http', 'socket'] as const) {
  describe(`a slash command, by ${transport}`, () => {
    test('is answered for the eyes of who asked, in a conversation of its own', async (t) => {
      const slack = await startSlack(t, { transport });

      const given = slack.emulator.command({ command: '/ask', text: 'what is <@U012AB3CD|ann> up to?', raw: true });
      assert.equal(await given.acknowledged, true);
      assert.deepEqual(given.response ?? {}, {});
      const command = commandIn(slack);
      await deliver(slack, answer(slack, 'Nothing **good**.'));

      const { teamId } = slack.emulator;
      const channel = slack.emulator.channel('general').id;
      assert.deepEqual([command.name, command.text], ['ask', 'what is @ann up to?']);
      assert.equal(command.conversationId, `slack:${teamId}:${channel}:${slack.emulator.user('Ada').id}:private`);
      assert.deepEqual(
        slack.emulator.whispers('Ada').map(({ text }) => text),
        ['Nothing **good**.'],
      );
      assert.deepEqual(slack.emulator.whispers('Bea'), []);
      assert.deepEqual(textsOf(slack), []);
    });

    test('is shown with its answer where answers are public', async (t) => {
      const slack = await startSlack(t, { transport, options: { commands: publicly, buttons: ['regenerate'] } });

      const given = slack.emulator.command({ command: '/ask', text: 'why?' });
      await given.acknowledged;
      await deliver(slack, answer(slack, 'Because.'));

      const { destination, conversationId } = commandIn(slack);
      assert.deepEqual(given.response, { response_type: 'in_channel' });
      assert.deepEqual(textsOf(slack), ['/ask why?', 'Because.']);
      assert.equal(slack.emulator.messages('general').at(-1)?.blocks.length, 1);
      assert.equal(destination['ephemeral'], undefined);
      assert.doesNotMatch(conversationId, /private/);
      await slack.emulator.command({ command: '/ask', text: 'help' }).acknowledged;
      assert.equal(commandIn(slack).destination['ephemeral'], 'true');
    });

    test('that comes again is the same command', async (t) => {
      const slack = await startSlack(t, { transport });

      const given = slack.emulator.command({ command: '/ask', text: 'why?' });
      await given.acknowledged;
      const { eventId } = commandIn(slack);
      await slack.emulator.repeat(given).acknowledged;

      assert.equal(slack.offered.length, 2);
      assert.equal(commandIn(slack).eventId, eventId);
    });
  });
}

describe('the answer to a slash command', () => {
  test('arrives in a channel that the bot is not in; what the address does not take any more comes as a direct message', async (t) => {
    const slack = await startSlack(t);
    slack.emulator.channel('secret', 'group').hasBot = false;
    await slack.emulator.command({ command: '/ask', text: 'why?', channel: 'secret' }).acknowledged;

    for (let part = 0; part < 6; part += 1) await deliver(slack, answer(slack, `Part ${part}.`, part, 6));

    assert.deepEqual(
      slack.emulator.whispers().map(({ text }) => text),
      ['Part 0.', 'Part 1.', 'Part 2.', 'Part 3.', 'Part 4.'],
    );
    assert.deepEqual(textsOf(slack, slack.emulator.direct('Ada').id), ['Part 5.']);
    assert.deepEqual(textsOf(slack, 'secret'), []);
  });

  test('comes from the bot itself after half an hour, and after the secret was changed', async (t) => {
    const clock = createFakeClock();
    const slack = await startSlack(t, { clock });
    await slack.emulator.command({ command: '/ask', text: 'why?' }).acknowledged;
    await clock.advance(31 * 60_000);
    const calls = recordCalls(slack);

    await deliver(slack, answer(slack, 'Because.'));

    assert.deepEqual(
      calls.map(({ method }) => method),
      ['chat.postEphemeral'],
    );
    assert.deepEqual(
      slack.emulator.whispers().map(({ text }) => text),
      ['Because.'],
    );
  });

  test('that all can see goes through the address where the bot is not in the channel, and never twice', async (t) => {
    const slack = await startSlack(t, { options: { commands: publicly } });
    slack.emulator.channel('open').hasBot = false;
    await slack.emulator.command({ command: '/ask', text: 'why?', channel: 'open' }).acknowledged;
    await deliver(slack, answer(slack, 'Because.', 0));
    slack.emulator.faults.add({ method: 'response_url', kind: 'lost_response' });

    const lost = deliver(slack, answer(slack, 'Lost.', 1));

    await assert.rejects(lost, (error) => error instanceof DeliveryError && error.uncertain && !error.retryable);
    assert.deepEqual(textsOf(slack, 'open'), ['/ask why?', 'Because.', 'Lost.']);
  });

  test('is tried again where Slack has trouble or asks to wait', async (t) => {
    const slack = await startSlack(t);
    await slack.emulator.command({ command: '/ask', text: 'why?' }).acknowledged;
    slack.emulator.faults.add({ method: 'response_url', kind: 'rate_limit', retryAfterSeconds: 7 });
    slack.emulator.faults.add({ method: 'response_url', kind: 'server_error' });
    const attempt = () => slack.adapter.send(answer(slack, 'Because.'), noAbort);

    await assert.rejects(attempt, (error) => error instanceof DeliveryError && error.retryAfterMs === 7_000 && !error.uncertain);
    await assert.rejects(attempt, (error) => error instanceof DeliveryError && error.retryable && error.uncertain);
    await attempt();

    assert.deepEqual(
      slack.emulator.whispers().map(({ text }) => text),
      ['Because.'],
    );
  });

  test('has its address sealed wherever it is stored, and only Slack can name one', async (t) => {
    const slack = await startSlack(t);
    await slack.emulator.command({ command: '/ask', text: 'why?' }).acknowledged;
    const command = commandIn(slack);
    const { respond: sealed = '', channel = '', userId = '' } = command.destination;
    const options = { apiUrl: undefined, fetch: undefined, clock: slack.clock };
    const place = { channel, userId };
    const responder = createResponder({ secret: 'one', ...options });

    assert.doesNotMatch(JSON.stringify(command), /127\.0\.0\.1|response\//);
    assert.match(sealed, /^v1\.url\./);
    for (const url of [
      'http://hooks.slack.com/x',
      'https://hooks.slack.com.evil.test/x',
      'https://10.0.0.1/x',
      'file:///etc',
      '',
    ]) {
      assert.equal(responder.seal(url, place), undefined, url);
    }
    const ours = responder.seal('https://hooks.slack.com/commands/1/2', place) ?? '';
    const content = { text: 'x' };
    const other = createResponder({ secret: 'two', ...options });
    assert.equal(await other.respond(ours, { place, content, isPrivate: true }, noAbort), false);
    const elsewhere = { place: { channel: 'C9', userId }, content, isPrivate: true };
    assert.equal(await responder.respond(ours, elsewhere, noAbort), false);
  });
});

describe('the names of slash commands', () => {
  const commands: SlackCommands = { command: '/parley', resetCommand: '/forget', helpCommand: '/about', commandReply: 'private' };

  const read = (command: string, text = ''): (string | undefined)[] => {
    const body = { ...readFixture('slash-command'), command, text };
    const [event] = toCommand(body, { commands, receivedAt: 0, nameOf: undefined });
    return [event?.name, event?.text];
  };

  test('are those that are configured; help and reset may also follow one of them', () => {
    assert.deepEqual(read('/parley', 'why?'), ['ask', 'why?']);
    assert.deepEqual(read('/parley', ' Reset '), ['reset', '']);
    assert.deepEqual(read('/parley', 'reset my password'), ['ask', 'reset my password']);
    assert.deepEqual(read('/forget', 'everything'), ['reset', 'everything']);
    assert.deepEqual(read('/about'), ['help', '']);
  });

  test('that are not configured are told to the core as they are', () => {
    assert.deepEqual(read('/ask', 'why?'), ['ask', 'why?']);
    assert.deepEqual(read('/deploy', 'now'), ['deploy', 'now']);
  });
});
