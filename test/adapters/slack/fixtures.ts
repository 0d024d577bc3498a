import { readFileSync } from 'node:fs';
import { toEvents } from '../../../adapters/slack/receive.ts';
import type { InboundEvent } from '../../../src/message.ts';

/** When the payloads arrive that do not tell when they were made. */
export const receivedAt = Date.UTC(2026, 5, 1);

/** A payload in the shape of Slack's reference. */
export interface Fixture {
  readonly event: Readonly<Record<string, Record<string, unknown>>>;
  readonly [key: string]: unknown;
}

export function readFixture(name: string): Fixture {
  return JSON.parse(readFileSync(new URL(`../../fixtures/slack/${name}.json`, import.meta.url), 'utf8')) as Fixture;
}

/** What a payload becomes when its event is changed like this. */
export function receive(name: string, change: Readonly<Record<string, unknown>> = {}): InboundEvent[] {
  const body = readFixture(name);
  return toEvents({ ...body, event: { ...body.event, ...change } }, { receivedAt });
}
