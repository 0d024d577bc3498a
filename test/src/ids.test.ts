import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createErrorId, toChunkId, toTurnId, type TurnKey } from '../../src/ids.ts';

const key: TurnKey = { adapter: 'slack', tenant: 'T1', eventId: 'C1:17.01', generation: 0 };

describe('ids of turns and of parts', () => {
  it('are 24 characters of digits and small letters', () => {
    const ids = Array.from({ length: 2_000 }, (_, count) => toTurnId({ ...key, eventId: `E${count}` }));

    for (const id of ids) assert.match(toChunkId(id, 0), /^[0-9a-z]{24}$/);
    for (const id of ids) assert.match(id, /^[0-9a-z]{24}$/);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('are the same in every process and in every version', () => {
    // Receipts of earlier sends are found by them: they must never change.
    assert.equal(toTurnId(key), 'y6d12oa2n1ek46rr13vt3cvn');
    assert.equal(toChunkId(toTurnId(key), 0), 'fx6zgmjyp6zsntl8fgudz2wc');
    assert.equal(toChunkId(toTurnId(key), 1), 'oaaytzg9uyloq8bwb02inhbe');
  });

  it('differ with everything that they are made of', () => {
    const ids = [
      toTurnId(key),
      toTurnId({ ...key, adapter: 'discord' }),
      toTurnId({ ...key, tenant: 'T2' }),
      toTurnId({ ...key, eventId: 'C1:17.02' }),
      toTurnId({ ...key, generation: 1 }),
      toTurnId({ ...key, tenant: 'T1","C1' }),
      toTurnId({ ...key, tenant: 'T1', eventId: 'C1:17.01",0' }),
    ];
    const parts = ids.flatMap((id) => [toChunkId(id, 0), toChunkId(id, 1), toChunkId(id, 10)]);

    assert.equal(new Set([...ids, ...parts]).size, ids.length + parts.length);
  });
});

describe('an id to find an error by', () => {
  it('has eight characters, none of which are taken for one another', () => {
    for (let count = 0; count < 500; count += 1) assert.match(createErrorId(), /^[23456789abcdefghjkmnpqrstuvwxyz]{8}$/);
  });

  it('comes from the bytes that it is given', () => {
    assert.equal(createErrorId(new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7])), '23456789');
    assert.equal(createErrorId(new Uint8Array(16).fill(255)).length, 8);
  });
});
