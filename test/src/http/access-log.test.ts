import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toLoggedPath } from '../../../src/http/access-log.ts';

test('keeps ordinary paths and drops what may hold a credential', () => {
  const paths = ['/slack/events', '/webhooks/desk?secret=1', `/hooks/${'k'.repeat(41)}/end`, '/a#b', ''].map(toLoggedPath);

  assert.deepEqual(paths, ['/slack/events', '/webhooks/desk', '/hooks/kkkkkkkk.../end', '/a', '']);
});

test('gives short plain characters, whatever was sent', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (url) => /^[\x21-\x7e]{0,200}$/.test(toLoggedPath(url))),
    { numRuns: 300 },
  );
});
