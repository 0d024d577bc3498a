import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderFigures } from './figures.ts';
import { killPlatforms, killPoints } from './points.ts';
import { runKillSuite } from './suite.ts';

const kills = 300;

test(`answers every question once, whole and in order through ${kills} kills on ${killPlatforms.join(', ')}`, async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  console.log(
    `npm run kill -- --kills ${kills} --seed ${seed} makes the same choices; the timing of real processes is their own`,
  );

  const figures = await runKillSuite({ kills, platforms: killPlatforms, seed });

  console.log(renderFigures(figures));
  const unreached = figures.campaigns.flatMap(({ platform, byPoint }) =>
    killPoints
      .filter(({ name, not }) => !not?.includes(platform) && !byPoint.has(name))
      .map(({ name }) => `${platform}: ${name}`),
  );
  assert.deepEqual(unreached, [], 'a point at which no process was killed proves nothing');
});
