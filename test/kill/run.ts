import { parseArgs } from 'node:util';
import { renderFigures } from './figures.ts';
import { killPlatforms, type PlatformName } from './points.ts';
import { runKillSuite } from './suite.ts';

const usage = 'usage: npm run kill -- [--kills N] [--platform slack|discord|webhook|all] [--seed S]';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    platform: { type: 'string', default: 'all' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
const platforms = killPlatforms.filter((name: PlatformName) => values.platform === 'all' || values.platform === name);
if (platforms.length === 0 || !Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
  console.error(usage);
  process.exit(2);
}
// The choices follow from the seed. The processes are real, and so is their timing: a second run need not come out like the first.
console.log(`${kills} kills on ${platforms.join(', ')}, seed ${seed}`);
try {
  console.log(renderFigures(await runKillSuite({ kills, platforms, seed })));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
