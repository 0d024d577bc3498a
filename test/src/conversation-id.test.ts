import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { array, assert as assertProperty, property, record, string } from 'fast-check';
import { parseConversationId, toConversationId } from '../../src/conversation-id.ts';

const part = string({ unit: 'binary' });
const address = record(
  {
    adapter: string({ unit: 'binary', minLength: 1 }),
    tenant: part,
    path: array(part, { minLength: 1, maxLength: 4 }),
  },
  { noNullPrototype: true },
);

describe('a conversation id', () => {
  it('reads as the platform writes its ids', () => {
    assert.equal(
      toConversationId({ adapter: 'slack', tenant: 'T1', path: ['C1', '1700000000.000100'] }),
      'slack:T1:C1:1700000000.000100',
    );
    assert.equal(toConversationId({ adapter: 'discord', tenant: '@me', path: ['123'] }), 'discord:@me:123');
  });

  it('can be taken apart again, whatever it was made of', () => {
    assertProperty(
      property(address, (given) => {
        assert.deepEqual(parseConversationId(toConversationId(given)), given);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is different for different addresses', () => {
    assertProperty(
      property(address, address, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        assert.equal(toConversationId(one) === toConversationId(other), same);
      }),
      { numRuns: 1_000 },
    );
    assert.notEqual(
      toConversationId({ adapter: 'a', tenant: 'b:c', path: ['d'] }),
      toConversationId({ adapter: 'a', tenant: 'b', path: ['c', 'd'] }),
    );
    assert.notEqual(
      toConversationId({ adapter: 'a', tenant: 'b', path: ['%3A'] }),
      toConversationId({ adapter: 'a', tenant: 'b', path: [':'] }),
    );
  });

  it('holds no space, line break or control character that could forge a line of a log', () => {
    assertProperty(
      property(address, (given) => {
        // oxlint-disable-next-line no-control-regex -- they are what must not be there
        assert.doesNotMatch(toConversationId(given), /[\s\u0000-\u001f\u007f]/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('replaces what is no text, rather than fail', () => {
    const id = toConversationId({ adapter: 'a', tenant: 'b', path: ['half \ud83d'] });

    assert.deepEqual(parseConversationId(id)?.path, ['half \ufffd']);
  });

  it('needs a path', () => {
    assert.throws(() => toConversationId({ adapter: 'slack', tenant: 'T1', path: [] }), TypeError);
  });

  it('is told from other texts', () => {
    for (const text of ['', 'slack', 'slack:T1', ':T1:C1', 'slack:T1:100%', 'slack:T1:%E0%A4%A']) {
      assert.equal(parseConversationId(text), undefined, text);
    }
  });
});
