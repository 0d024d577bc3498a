import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createInFlight } from '../../src/in-flight.ts';

test('holds what was put in until it is taken out, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 200 }), (steps) => {
      const inFlight = createInFlight<{ readonly number: number }>();
      const expected = new Map<{ readonly number: number }, () => void>();
      for (const [number, step] of steps.entries()) {
        const leaving = step % 2 === 0 ? [...expected][step % Math.max(1, expected.size)] : undefined;
        if (leaving) {
          leaving[1]();
          expected.delete(leaving[0]);
        } else {
          const item = { number };
          expected.set(item, inFlight.add(item));
        }

        assert.equal(inFlight.size, expected.size);
        assert.deepEqual(new Set(inFlight), new Set(expected.keys()));
      }
    }),
  );
});

test('what leaves during a look at all of them is not met any more', () => {
  const inFlight = createInFlight<{ readonly name: string }>();
  const leaveFirst = inFlight.add({ name: 'first' });
  const leaveSecond = inFlight.add({ name: 'second' });
  const met: string[] = [];

  for (const { name } of inFlight) {
    met.push(name);
    leaveSecond();
  }

  assert.deepEqual(met, ['first']);
  leaveFirst();
  assert.equal(inFlight.size, 0);
});
