import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { catchMutant, drawFreshSeeds, runCampaign } from './campaign.ts';
import { mutants } from './mutants.ts';
import { describeFailures, describeFigures } from './report.ts';
import { revisingFrom, stoppingFrom } from './revising.ts';
import { runSeed } from './world.ts';

const summary: string[] = [];
after(() => console.log(summary.join('\n')));

test('one seed is one history, whatever was lived before it', async () => {
  const first = await runSeed(7);
  const other = await runSeed(8);
  const again = await runSeed(7);

  assert.equal(again.journal.digest(), first.journal.digest());
  assert.notEqual(other.journal.digest(), first.journal.digest());
});

test('keeps every promise in 1,500 fixed lives and 300 fresh ones', async () => {
  const fresh = drawFreshSeeds(300);

  const { figures, failures, wallMs } = await runCampaign([{ from: 1, count: 1_500 }, fresh]);

  summary.push(`fresh seeds ${fresh.from} to ${fresh.from + fresh.count - 1}`);
  summary.push(`${describeFigures(figures, wallMs)} ${failures.length} seeds with violations.`);
  assert.equal(failures.length, 0, describeFailures(failures));
  assert.equal(figures.seeds, 1_800);
  // A world in which nothing goes wrong would prove nothing.
  for (const kind of ['crashes', 'stalls', 'stops', 'lostRequests', 'lostAnswers', 'redeliveries', 'modelFailures'] as const) {
    assert.ok(figures[kind] > 500, `only ${figures[kind]} ${kind}`);
  }
  assert.ok(figures.overtakings > 100, `only ${figures.overtakings} follow-ups before their mention`);
});

test('keeps every promise where people edit, delete and press "Answer again", in 400 lives', async () => {
  const { figures, failures, wallMs } = await runCampaign([{ from: revisingFrom, count: 400 }]);

  summary.push(`with revisions: ${describeFigures(figures, wallMs)} ${failures.length} seeds with violations.`);
  assert.equal(failures.length, 0, describeFailures(failures));
});

test('ends the answers that people press Stop for, and no others, in 300 lives', async () => {
  const { figures, failures, wallMs } = await runCampaign([{ from: stoppingFrom, count: 300 }]);

  summary.push(`with stops: ${describeFigures(figures, wallMs)} ${failures.length} seeds with violations.`);
  assert.equal(failures.length, 0, describeFailures(failures));
  assert.ok(figures.answersStopped > 300, `only ${figures.answersStopped} answers stopped`);
  assert.ok(figures.latePresses > 300, `only ${figures.latePresses} presses too late`);
  assert.ok(figures.strangersPresses > 20, `only ${figures.strangersPresses} presses by strangers`);
});

let caught = 0;
for (const mutant of mutants) {
  test(`notices the planted bug ${mutant.name}`, async () => {
    const found = await catchMutant(mutant, 3_000);

    assert.ok(found, 'none of 3,000 seeds finds it: the simulation is too tame');
    caught += 1;
    summary.push(`${mutant.name.padEnd(34)} seed ${found.seed}: ${found.violation.split('\n')[0]}`);
    if (mutant === mutants.at(-1)) summary.push(`${caught} of ${mutants.length} planted bugs caught.`);
  });
}
