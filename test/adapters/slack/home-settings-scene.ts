import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { OpenView } from '../../../adapters/slack/emulator/desk.ts';
import { systemClock } from '../../../src/clock.ts';
import { createSlackLedger, settled, startSlack } from './harness.ts';
import type { Slack, SlackSetup } from './harness.ts';

export const home = { botName: 'Parley', links: [], settings: { models: ['gpt-5.4', 'gpt-5.4-mini'] } };

export type Workspace = Pick<Slack['emulator'], 'setRole' | 'openHome' | 'home' | 'pressAtHome' | 'views' | 'submit' | 'channel'>;

export async function startSettings(t: TestContext, setup: SlackSetup = {}) {
  const ledger = createSlackLedger(setup.clock ?? systemClock);
  const slack = await startSlack(t, { ledger, ...setup, options: { home, ...setup.options } });
  slack.emulator.setRole('Ada', 'admin');
  return { slack, ledger };
}

export async function openHome(place: Workspace, user = 'Ada'): Promise<readonly string[]> {
  place.openHome(user);
  await settled(() => place.home(user) !== undefined);
  return place.home(user)?.buttons ?? [];
}

export async function nextView(place: Workspace, before: OpenView | undefined): Promise<OpenView> {
  await settled(() => place.views().at(-1)?.hash !== before?.hash);
  const view = place.views().at(-1);
  assert.ok(view);
  return view;
}

/** The form for a channel, as the admin has it before them. */
export async function openForm(place: Workspace, channel = 'general'): Promise<OpenView> {
  if (!place.home()) await openHome(place);
  const before = place.views().at(-1);
  place.pressAtHome({ label: 'Channel settings' });
  const first = await nextView(place, before);
  place.submit({ view: first, values: { 'parley.channel': place.channel(channel).id } });
  return nextView(place, first);
}

export async function save(place: Workspace, values: Readonly<Record<string, string>>, channel = 'general'): Promise<unknown> {
  const sent = place.submit({ view: await openForm(place, channel), values });
  await sent.acknowledged;
  return sent.response;
}

export const said = (response: unknown): string => JSON.stringify(response);
