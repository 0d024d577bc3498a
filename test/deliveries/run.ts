import { parseArgs } from 'node:util';
import { runDeliveries } from './campaign.ts';
import { growthOf, renderCampaign } from './figures.ts';
import { maxGrowth } from './limits.ts';

const usage = 'usage: npm run deliveries -- [--count N] [--seed S] [--in-flight N]';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    'in-flight': { type: 'string', default: '64' },
  },
});
const [count, seed, inFlight] = [values.count, values.seed, values['in-flight']].map(Number) as [number, number, number];
if (![count, inFlight].every((value) => Number.isInteger(value) && value > 0) || !Number.isInteger(seed)) {
  console.error(usage);
  process.exit(2);
}
// The choices follow from the seed; who of two at the same time comes first does not.
console.log(`${count} deliveries, ${inFlight} senders, seed ${seed}`);
const campaign = await runDeliveries({ count, seed, inFlight });
console.log(renderCampaign(campaign));
const { heapKb, rssKb } = growthOf(campaign.samples);
const isFlat = heapKb < maxGrowth.heapKb && rssKb < maxGrowth.rssKb;
if (count >= maxGrowth.fromCount && !isFlat) console.error(`The memory grows by more than ${JSON.stringify(maxGrowth)}.`);
process.exitCode = campaign.problems.length === 0 && (isFlat || count < maxGrowth.fromCount) ? 0 : 1;
