import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  isTs,
  parseDestination,
  parseMessageEventId,
  toDestination,
  toMessageEventId,
  toMillis,
  toTs,
} from '../../../adapters/slack/conversation.ts';
import { neutralise, stableLength } from '../../../adapters/slack/format.ts';
import { messageLimit, splitForSlack } from '../../../adapters/slack/limits.ts';
import { toMarkdown } from '../../../adapters/slack/mrkdwn.ts';

describe('what a model writes', () => {
  for (const live of [
    '<!channel>',
    '<!here|here>',
    '<!everyone>',
    '<!group>',
    '<!subteam^S012|@ops>',
    '<@U012AB3CD>',
    '<@W012AB3CD|ann>',
    '<!CHANNEL>',
  ]) {
    test(`${live} calls nobody`, () => {
      for (const text of [live, `Look: ${live}!`, `\`${live}\``, `\`\`\`\n${live}\n\`\`\``, `<${live}`]) {
        const safe = neutralise(text);

        assert.ok(!safe.includes(live), safe);
        assert.equal(safe.replaceAll('\u200b', ''), text);
      }
    });
  }

  test('@here, @channel and @everyone call nobody', () => {
    assert.equal(neutralise('Hi @here and @channel, @everyone.'), 'Hi @\u200bhere and @\u200bchannel, @\u200beveryone.');
  });

  test('what only looks like a mention stays as it is', () => {
    for (const text of [
      '<!-- a comment -->',
      '<!DOCTYPE html>',
      'ann@here.example',
      '@heresy',
      'a <b> c',
      '<https://example.com>',
      'x <@ y',
      '@media',
    ]) {
      assert.equal(neutralise(text), text);
    }
  });

  test('what was shown of a growing text is how the whole text begins', () => {
    const words = fc.constantFrom(
      '<!channel>',
      '<@U1A>',
      '@here',
      '@',
      '<',
      '!',
      'word',
      ' ',
      '\n',
      'here',
      'channel',
      '字'.repeat(40),
      'x'.repeat(70),
      '😀',
      '.',
    );
    const texts = fc.array(words, { maxLength: 30 }).map((parts) => parts.join(''));

    fc.assert(
      fc.property(texts, fc.nat(), fc.boolean(), (text, at, eager) => {
        const grown = text.slice(0, at % (text.length + 1));
        const shown = neutralise(grown.slice(0, stableLength(grown, eager)));

        assert.ok(neutralise(text).startsWith(shown), JSON.stringify({ text, grown, shown }));
        assert.ok(shown.isWellFormed());
      }),
      { numRuns: 3_000 },
    );
  });

  test('a growing text is shown soon, whatever its script', () => {
    assert.equal(stableLength('Hello', true), 5);
    assert.equal(stableLength('Hello wor', false), 6);
    assert.equal(stableLength('Hello @chan', true), 6);
    assert.equal(stableLength('字'.repeat(100), false), 100);
  });
});

describe('what a person writes', () => {
  for (const [mrkdwn, markdown] of Object.entries({
    '<@UBOT> hello': 'hello',
    'hello <@UBOT>': 'hello',
    'hey <@UBOT|parley> what now': 'hey what now',
    '<@UBOT>: what now': 'what now',
    '<@UBOT>, <@U2|ann> and <@U3>': '@ann and @U3',
    '<#C1|general> and <#C2>': '#general and #C2',
    '<!here> <!subteam^S1|@ops> <!subteam^S2>': '@here @ops @subteam',
    '<https://example.com|a [b]>': '[a \\[b\\]](https://example.com)',
    '<https://example.com/x>': 'https://example.com/x',
    '<mailto:a@example.com|a@example.com>': 'a@example.com',
    '<!date^1392734382^{date}|yesterday>': 'yesterday',
    'a &lt;b&gt; &amp;amp; c': 'a <b> &amp; c',
    'a &lt;@UBOT&gt;': 'a <@UBOT>',
    '  plain *text*  ': 'plain *text*',
  })) {
    test(`${mrkdwn} is ${markdown}`, () => {
      assert.equal(toMarkdown(mrkdwn, 'UBOT'), markdown);
    });
  }
});

describe('ids and timestamps', () => {
  test('an event id of a message gives back its channel and ts', () => {
    const ts = fc.tuple(fc.nat(2_000_000_000), fc.nat(999_999)).map(([s, us]) => `${s}.${String(us).padStart(6, '0')}`);
    const channel = fc.stringMatching(/^[CDG][A-Z0-9]{8,10}$/);

    fc.assert(
      fc.property(channel, ts, (id, at) => {
        assert.deepEqual(parseMessageEventId(toMessageEventId(id, at)), { channel: id, ts: at });
      }),
    );
  });

  test('ids of other events are no messages', () => {
    for (const id of ['Ev123', 'command:1.2.3', 'C1:1.2:edit:3.4', 'C1:1.2:delete', '', ':1.2'])
      assert.equal(parseMessageEventId(id), undefined);
  });

  test('a destination gives back what was put in, and nothing else is one', () => {
    const destination = { channel: 'C1', threadTs: '1.000002', teamId: 'T1', userId: 'U1' };

    assert.deepEqual(parseDestination(toDestination(destination)), destination);
    assert.deepEqual(parseDestination({ channel: 'C1', threadTs: 'never' }), { channel: 'C1' });
    assert.equal(parseDestination({ url: 'https://example.com' }), undefined);
  });

  test('a moment becomes a ts that Slack understands', () => {
    assert.equal(toTs(1_515_449_522_016), '1515449522.016000');
    assert.ok(isTs(toTs(-5)));
    assert.equal(toMillis('1515449522.016000'), 1_515_449_522_016);
  });
});

describe('long answers', () => {
  test('no part exceeds what Slack takes, not even after its mentions were made harmless', () => {
    const text = `${'@here '.repeat(4_000)}\n\n${'<!channel>'.repeat(2_000)}\n\n${'word '.repeat(5_000)}`;

    const parts = splitForSlack(text);

    for (const part of parts) assert.ok(neutralise(part).length <= messageLimit);
    assert.equal(parts.join('').replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
  });

  test('an answer that fits is one message as it is', () => {
    assert.deepEqual(splitForSlack(' **Hi** \n'), [' **Hi** \n']);
  });
});
