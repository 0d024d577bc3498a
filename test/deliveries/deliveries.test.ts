import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runDeliveries } from './campaign.ts';
import { growthOf, renderCampaign } from './figures.ts';

const count = 2_000;
const hostileKinds = 12;
const duplicateKinds = 6;

test(`answers each of ${count} deliveries once, duplicates and hostile ones among them`, async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  console.log(`npm run deliveries -- --count ${count} --seed ${seed} makes the same choices`);

  const campaign = await runDeliveries({ count, seed });

  console.log(renderCampaign(campaign));
  assert.deepEqual(campaign.problems, []);
  assert.ok(campaign.tally.sent >= count);
  assert.equal(campaign.tally.hostile.size, hostileKinds, 'a way of being refused that was not tried proves nothing');
  assert.equal(campaign.tally.duplicates.size, duplicateKinds, 'a way of coming twice that was not tried proves nothing');
});

test('the growth of memory is the slope of what comes after the warm-up', () => {
  const samples = Array.from({ length: 50 }, (_, index) => ({
    sent: index * 2_000,
    heapMb: index < 10 ? index * 5 : 50 + index * 2,
    rssMb: 200,
  }));

  const { heapKb, rssKb } = growthOf(samples);

  assert.equal(Math.round(heapKb), 1_024);
  assert.equal(Math.round(rssKb), 0);
});
