import { test } from 'node:test';
import { killPlatforms } from '../kill/points.ts';
import type { SendFailure } from './emulators.ts';
import { onStage } from './stage.ts';

interface Trouble extends SendFailure {
  readonly name: string;
  readonly times: number;
}

const troubles: readonly Trouble[] = [
  { name: 'a storm of 429', kind: 'rate_limit', times: 6 },
  { name: 'server errors', kind: 'server_error', times: 5 },
  { name: 'server errors although the message stands there', kind: 'server_error', takesEffect: true, times: 3 },
  { name: 'connections that break before the message arrives', kind: 'refuse', times: 4 },
  { name: 'lost responses', kind: 'lost_response', times: 3 },
  { name: 'calls that never return', kind: 'hang', times: 2 },
  { name: 'calls that never return although the message stands there', kind: 'hang', takesEffect: true, times: 2 },
];

for (const platform of killPlatforms) {
  for (const { name, times, ...failure } of troubles) {
    test(`${platform}: after ${name}, one whole message stands there`, () =>
      onStage(platform, async ({ start, failSends, people, settled }) => {
        await start();
        failSends(failure, times);

        people.ask(3);
        people.ask(1, 'all');

        await settled();
      }));
  }
}
