import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, describe, test } from 'node:test';
import type { startEvaluator } from '../../../src/expressions/evaluator.ts';
import { createExpressions } from '../../../src/expressions/expressions.ts';
import type { Expression, ExpressionResult } from '../../../src/expression.ts';
import { parsePayload } from '../../../adapters/webhook/request-body.ts';
import { systemClock } from '../../../src/clock.ts';

// A real clock: what is tested is that time passes here while the other process is stuck.
const expressions = createExpressions({ clock: systemClock });
after(() => expressions.stop());

const payload = { ticket: { id: 7, subject: 'Lamp' }, tags: ['a', 'b'], hang: `${'a'.repeat(40)}!`, long: 'x'.repeat(400_000) };

function toJob(written: readonly Expression[], json = JSON.stringify(payload)) {
  const keyed = written.map((expression, index) => ({ key: `e${index}`, expression }));
  return { json: Buffer.from(json), headers: { 'x-kind': 'note' }, source: 'desk', expressions: keyed };
}

async function evaluate(written: readonly Expression[], json?: string): Promise<readonly ExpressionResult[]> {
  const results = await expressions.evaluate(toJob(written, json));
  assert.ok(results !== 'unavailable');
  return results;
}

const show = (result: ExpressionResult) => (result.ok ? `${result.type} ${result.text}` : `problem: ${result.problem}`);

test('gives the value of each expression and its type', async () => {
  const results = await evaluate([
    { jsonata: 'ticket.subject & " " & $headers."x-kind" & " " & $source' },
    { jsonata: 'ticket.id' },
    { jsonata: 'ticket.id = 7' },
    { jsonata: 'tags' },
    { jsonata: 'ticket' },
    { jsonata: 'ticket.nothing' },
    { jsonata: '$sum' },
    { jsonata: 'ticket.id + tags' },
    { jsonata: '1 / 0' },
    {
      liquid:
        '{{ ticket.subject | upcase }} {{ tags }} {{ webhook.headers["x-kind"] }} {{ webhook.source }} {{ webhook.body.ticket.id }}',
    },
    { liquid: '{{ ticket.nothing }}' },
  ]);

  assert.deepEqual(results.map(show), [
    'text Lamp note desk',
    'number 7',
    'boolean true',
    'list ["a","b"]',
    'object {"id":7,"subject":"Lamp"}',
    'nothing ',
    'problem: It gives a function. Call it, like $sum(items.price)',
    'problem: The right side of the "+" operator must evaluate to a number at position 11',
    'problem: It gives no number that JSON has',
    'text LAMP ["a","b"] note desk 7',
    'problem: undefined variable: ticket.nothing, line:1, col:4',
  ]);
});

test('a list as the body is there for both languages', async () => {
  const results = await evaluate([{ jsonata: '$[1].a' }, { liquid: '{{ webhook.body[1].a }}' }], '[{"a":1},{"a":2}]');

  assert.deepEqual(results.map(show), ['number 2', 'text 2']);
});

test('prototypes are out of reach', async () => {
  const json = '{"__proto__":{"x":"own"},"a":{"__proto__":{"x":"own"},"constructor":"mine"}}';
  const results = await evaluate(
    [
      { jsonata: '[__proto__, a.__proto__.x, a.x, $keys(a), toString, a.hasOwnProperty]' },
      { jsonata: '$merge([a, {"__proto__": {"x": 1}}]).x' },
      { jsonata: 'a.constructor.constructor("return process")()' },
      { liquid: '{{ a.constructor }}{{ a.toString | default: "none" }}{{ a.__proto__ | default: "none" }}' },
      { jsonata: '({}).x' },
    ],
    json,
  );

  assert.deepEqual(
    results.map((result) => (result.ok ? result.text : 'problem')),
    ['["constructor"]', '', 'problem', 'minenonenone', ''],
  );
});

const doubling = (step: string, times: number, end: string) =>
  `($f := function($s, $n) { $n = 0 ? $s : $f(${step}, $n - 1) }; ${end.replace('IT', `$f("xxxxxxxxxx", ${times})`)})`;

const hostile: readonly (readonly [string, Expression, RegExp])[] = [
  ['$match with a regular expression that backtracks', { jsonata: '$match(hang, /^(a+)+$/)' }, /longer than 1000 ms/],
  ['$replace with one', { jsonata: '$replace(hang, /(a|a)*$/, "")' }, /longer than 1000 ms/],
  ['$split with one', { jsonata: '$split(hang, /(a|aa)+$/)' }, /longer than 1000 ms/],
  ['one with a look-ahead and a back-reference', { jsonata: '$contains(hang, /^(?=(a+)+$)\\1b/)' }, /longer than 1000 ms/],
  ['recursion without an end', { jsonata: '($f := function($n) { 1 + $f($n + 1) }; $f(0))' }, /Stack overflow/],
  ['a loop of tail calls', { jsonata: '($f := function($n) { $f($n + 1) }; $f(0))' }, /more than 200000 steps|timeout/],
  ['$pad to gigabytes', { jsonata: '$pad("x", 2000000000)' }, /more than 1000000 characters/],
  [
    'a text doubled to hundreds of megabytes',
    { jsonata: doubling('$s & $s', 25, '$uppercase(IT)') },
    /more than 1000000 characters/,
  ],
  [
    'one joined from parts',
    { jsonata: '$length($join([1..1300].($$.long)))' },
    /cannot|more than|memory|longer|Invalid|timeout/i,
  ],
  [
    'a list that grows past all memory',
    { jsonata: '$reduce([1..100000], function($all, $i) { $append($all, [[1..99999]]) }, [])' },
    /too much memory|longer than|timeout/i, // whichever limit it meets first on this machine
  ],
  [
    'an object doubled without taking room, then written out',
    { jsonata: doubling('{"a": $s, "b": $s}', 30, '$string(IT)') },
    /memory|longer|Invalid|more than|timeout/i,
  ],
  [
    'products of lists',
    { jsonata: '[1..1000].($x := $; [1..1000].($y := $; [1..1000].($x * $y)))' },
    /more than 200000 steps|timeout/,
  ],
  ['a range of millions', { jsonata: '$sum([1..9999999])' }, /sequence length/],
  ['a Liquid loop of a hundred million', { liquid: '{% for i in (1..100000000) %}x{% endfor %}' }, /memory alloc limit/],
  [
    'nested Liquid loops',
    { liquid: '{% for i in (1..900) %}{% for j in (1..900) %}{% for k in (1..900) %}{% endfor %}{% endfor %}{% endfor %}' },
    /render limit/,
  ],
  [
    'a Liquid text that doubles',
    { liquid: '{% assign x = "ab" %}{% for i in (1..99) %}{% assign x = x | append: x %}{% endfor %}' },
    /memory alloc limit/,
  ],
  [
    'a captured Liquid text that doubles',
    {
      liquid: '{% capture x %}ab{% endcapture %}{% for i in (1..99) %}{% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}',
    },
    /more than 1000000 characters/,
  ],
];

describe('ends with a problem, while the event loop of Parley turns', () => {
  for (const [title, expression, expected] of hostile) {
    test(title, async (t) => {
      const delay = monitorEventLoopDelay({ resolution: 5 });
      let turns = 0;
      const beat = setInterval(() => (turns += 1), 5);
      const began = performance.now();
      delay.enable();

      const [before, result, behind] = await evaluate([{ jsonata: 'ticket.id' }, expression, { jsonata: '1' }]);

      delay.disable();
      clearInterval(beat);
      const tookMs = performance.now() - began;
      t.diagnostic(
        `${Math.round(tookMs)} ms; the loop turned ${turns} times and was held up ${Math.round(delay.max / 1e6)} ms at most`,
      );
      assert.ok(before?.ok);
      assert.ok(result?.ok === false);
      assert.match(result.problem, expected);
      // Structure, not speed: a loop that was held up for the whole of it would not have turned, however slow this machine.
      if (tookMs > 500) assert.ok(turns > 10, `only ${turns} turns in ${Math.round(tookMs)} ms`);
      assert.match(behind ? show(behind) : '', /number 1|not reached: e1 failed/);
      assert.deepEqual((await evaluate([{ jsonata: 'ticket.id' }])).map(show), ['number 7']);
    });
  }
});

test('a payload of 50,000 levels is refused before anything is built from it', () => {
  const parsed = parsePayload(Buffer.from('['.repeat(50_000) + ']'.repeat(50_000)));

  assert.match(parsed.ok ? '' : parsed.detail, /nested more than 100 levels/);
});

test('is unavailable after stop, for what runs, what waits and what comes later, and leaves no process', async () => {
  const own = createExpressions({ clock: systemClock, timeoutMs: 60_000 });
  await own.evaluate(toJob([{ jsonata: '1' }]));
  const stuck = own.evaluate(toJob([{ jsonata: '$match(hang, /^(a+)+$/)' }]));
  const waiting = own.evaluate(toJob([{ jsonata: '1' }]));

  await own.stop();

  assert.deepEqual(await Promise.all([stuck, waiting, own.evaluate(toJob([{ jsonata: '1' }]))]), Array(3).fill('unavailable'));
  await own.stop();
});

test('is unavailable for what would wait too long', async () => {
  const own = createExpressions({ clock: systemClock, maxWaiting: 1, timeoutMs: 200 });
  const first = own.evaluate(toJob([{ jsonata: '$match(hang, /^(a+)+$/)' }]));

  assert.equal(await own.evaluate(toJob([{ jsonata: '1' }])), 'unavailable');
  assert.match(JSON.stringify(await first), /longer than 200 ms/);
  assert.notEqual(await own.evaluate(toJob([{ jsonata: '1' }])), 'unavailable');
  await own.stop();
});

test('the process ends with a Parley that is killed, even in the middle of a regular expression', async () => {
  const script = `
    import { createExpressions } from ${JSON.stringify(new URL('../../../src/expressions/expressions.ts', import.meta.url).href)};
    import { systemClock } from ${JSON.stringify(new URL('../../../src/clock.ts', import.meta.url).href)};
    import { execFileSync } from 'node:child_process';
    const own = createExpressions({ clock: systemClock, timeoutMs: 600_000 });
    const job = (jsonata) => ({ json: Buffer.from('{"hang":"${payload.hang}"}'), headers: {}, source: '', expressions: [{ key: 'a', expression: { jsonata } }] });
    await own.evaluate(job('1'));
    void own.evaluate(job('$match(hang, /^(a+)+$/)'));
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\\n');
    const found = lines.map((line) => line.trim().split(/\\s+/)).find(([, parent, ...args]) => Number(parent) === process.pid && args.join(' ').includes('evaluator-process'));
    process.stdout.write(found[0]);
  `;
  const parley = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parley.stdout, 'data')) as [Buffer];
  const child = Number(line.toString().trim());
  assert.ok(child > 0);
  assert.ok(isAlive(child));

  parley.kill('SIGKILL');
  await once(parley, 'exit');

  while (isAlive(child)) await new Promise(setImmediate);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('nobody pays for what a process dies of late: the job is done again by a new one, and once', async () => {
  const dead = [{ key: 'e0', ok: false, problem: 'It takes too much memory' }] as const;
  const fine = [{ key: 'e0', ok: true, type: 'number', text: '7' }] as const;
  const lives: (readonly ExpressionResult[])[][] = [[fine, dead], [fine, fine], [dead]];
  const begun: number[] = [];
  const start: typeof startEvaluator = () => {
    const life = lives[begun.length] ?? [];
    begun.push(life.length);
    return {
      ready: Promise.resolve(true),
      isAlive: () => life.length > 0,
      wasKilled: () => false,
      run: async () => life.shift() ?? assert.fail('it is dead'),
      end: async () => undefined,
    };
  };
  const ours = createExpressions({ clock: systemClock, start });
  const job = { json: Buffer.from('{}'), headers: {}, source: 'x', expressions: [] };

  assert.deepEqual(await ours.evaluate(job), fine);
  assert.deepEqual(await ours.evaluate(job), fine, 'the first process has died of the job before');
  assert.deepEqual(await ours.evaluate(job), fine);
  assert.deepEqual(await ours.evaluate(job), dead, 'what a new process dies of is its own');
  assert.deepEqual(begun, [2, 2, 1]);
});
