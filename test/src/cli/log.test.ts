import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLog, type LogOptions } from '../../../src/cli/log.ts';

function open(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const destination = { ...options.destination, write: (text: string) => lines.push(text) };
  return { lines, log: createLog({ level: 'info', format: 'json', secrets: [], ...options, destination }) };
}

describe('a log in JSON', () => {
  test('writes one line per call, with level, message and fields', () => {
    const { log, lines } = open();

    log.info('turn ended', { conversationId: 'slack:T1:C1', ms: 12 });

    const { time, ...line } = JSON.parse(lines.join(''));
    assert.equal(typeof time, 'number');
    assert.deepEqual(line, { level: 'info', conversationId: 'slack:T1:C1', ms: 12, message: 'turn ended' });
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.endsWith('}\n'));
  });

  test('leaves out what is less important than its level', () => {
    const { log, lines } = open({ level: 'warn' });

    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');

    assert.deepEqual(
      lines.map((line) => JSON.parse(line).level),
      ['warn', 'error'],
    );
  });

  test('with() adds its fields to every line', () => {
    const { log, lines } = open();

    log.with({ adapter: 'slack' }).with({ part: 1 }).info('sent', { ms: 1 });

    const { adapter, part, ms } = JSON.parse(lines.join(''));
    assert.deepEqual([adapter, part, ms], ['slack', 1, 1]);
  });

  test('tells of an error with its message, stack and causes', () => {
    const { log, lines } = open();

    log.error('failed', { error: new TypeError('outer', { cause: new Error('inner') }) });

    const { error } = JSON.parse(lines.join(''));
    assert.deepEqual([error.type, error.message, error.cause.message], ['TypeError', 'outer', 'inner']);
    assert.match(error.stack, /^TypeError: outer\n/);
  });
});

describe('what a log never says', () => {
  const secrets = ['known-secret-1', 'quoted"secret\\2', 'multi\nline-secret'];

  for (const format of ['json', 'pretty'] as const) {
    test(`a secret, wherever it stands (${format})`, () => {
      const { log, lines } = open({ format, secrets });

      log.info('message with known-secret-1 in it', { field: 'a known-secret-1 b' });
      log.with({ bound: 'known-secret-1' }).info('bound');
      log.info('deep', { a: { b: [{ c: 'known-secret-1' }, 'quoted"secret\\2', 'multi\nline-secret'] } });
      log.error('error', { error: new Error('known-secret-1', { cause: new Error('quoted"secret\\2') }) });
      log.info('shapes', { header: 'Bearer abcdefghijklmnop', slack: 'xoxb-1234567890-abc', key: 'sk-proj-abcdefghijk' });
      log.info('names', {
        headers: { authorization: 'odd thing', 'x-api-key': 'odd thing' },
        password: 'odd thing',
        client_secret: 'odd\\" thing',
      });

      const text = lines.join('');
      assert.doesNotMatch(text, /known-secret|quoted|line-secret|abcdefghij|1234567890-abc|odd/);
      assert.ok(text.split('[secret]').length > 12, text);
    });
  }

  test('what is no secret stays, also next to one and under a similar name', () => {
    const { log, lines } = open({ secrets });

    log.info('claimed', { token: 17, tokens: 'many', tokenizer: 'o200k', note: 'secretary known-secret-1 passwords' });

    const { token, tokens, tokenizer, note } = JSON.parse(lines.join(''));
    assert.deepEqual([token, tokens, tokenizer, note], [17, 'many', 'o200k', 'secretary [secret] passwords']);
  });

  test('a secret that contains another one is left out as a whole', () => {
    const { log, lines } = open({ secrets: ['abcdef', 'abcdefghij'] });

    log.info('token abcdefghij');

    assert.equal(JSON.parse(lines.join('')).message, 'token [secret]');
  });
});

describe('a log for people', () => {
  test('is one line with time, level, message and fields', () => {
    const { log, lines } = open({ format: 'pretty' });

    log.warn('retrying later', { id: 'a.b-1', text: 'two words', ms: 12, list: [1, 2] });

    assert.match(lines.join(''), /^\d\d:\d\d:\d\d WARN {2}retrying later {2}id=a\.b-1 text="two words" ms=12 list=\[1,2\]\n$/);
  });

  test('shows the stack of an error below, and what caused it', () => {
    const { log, lines } = open({ format: 'pretty' });

    log.error('failed', { error: new Error('outer', { cause: new Error('inner') }) });

    assert.match(lines.join(''), /^\S+ ERROR failed {2}error="outer"\n {4}at [^]*\n {2}caused by: inner\n {4}at /);
  });

  test('does not let what somebody wrote break the line or steer the terminal', () => {
    const { log, lines } = open({ format: 'pretty' });

    log.info('a\u001b[31mb', { text: 'x\n12:00:00 ERROR forged', other: '\u009b31m', error: new Error('one\ntwo\u001b[2J') });

    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    assert.doesNotMatch(lines.join(''), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    for (const line of lines.join('').split('\n').slice(1, -1)) assert.match(line, /^ {4}at /);
  });

  test('is chosen on a terminal only, in colours where the terminal has them', () => {
    const terminal = open({ format: 'auto', destination: { write: () => true, isTTY: true, hasColors: () => true } });
    const piped = open({ format: 'auto' });

    terminal.log.info('hello');
    piped.log.info('hello');

    assert.ok(terminal.lines.join('').includes('\u001b[32mINFO \u001b[0m hello'));
    assert.match(piped.lines.join(''), /^\{/);
  });
});
