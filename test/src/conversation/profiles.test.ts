import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProfiles } from '../../../src/conversation/profiles.ts';
import { layerProfileNames, parsePlaceProfileName, toPlaceProfileName } from '../../../src/place-settings.ts';
import { createTestModel } from '../../support/test-model.ts';

async function createSetup() {
  const made: string[] = [];
  const profiles = await createProfiles({
    configured: { 'slack/general': { instructions: 'Be the desk.', model: 'desk' }, 'slack/other': { model: 'desk' } },
    models: { slack: ['large'] },
    createModel: async (name) => {
      made.push(name);
      return { ...createTestModel(), name };
    },
  });
  return { made, profiles, place: { adapter: 'slack', tenant: 'T1', place: 'C1' } };
}

test('what people set goes before what is configured, field by field', async () => {
  const { profiles, place } = await createSetup();
  profiles.set(place, { language: 'German', model: 'large' });

  const joined = profiles.get('slack/T1/C1/general');
  const alone = profiles.get('slack/T1/C1');

  assert.deepEqual([joined?.instructions, joined?.language, joined?.model?.name], ['Be the desk.', 'German', 'large']);
  assert.deepEqual([alone?.instructions, alone?.language, alone?.model?.name], [undefined, 'German', 'large']);
});

test('the same profile is the same object until something is set, and each model is made once', async () => {
  const { profiles, place, made } = await createSetup();
  profiles.set(place, { language: 'German' });
  const before = profiles.get('slack/T1/C1/general');

  assert.equal(profiles.get('slack/T1/C1/general'), before);
  profiles.set(place, { language: 'French' });
  assert.equal(profiles.get('slack/T1/C1/general')?.language, 'French');
  assert.deepEqual(made, ['desk', 'large']);
});

test('a model that the configuration no longer allows counts for nothing', async () => {
  const { profiles, place } = await createSetup();
  profiles.set(place, { model: 'desk' });

  assert.equal(profiles.get('slack/T1/C1')?.model, undefined);
  assert.equal(profiles.get('slack/T1/C1/general')?.model?.name, 'desk', 'that of the configuration');
});

test('a place where nothing is set any more is as configured, and an unknown one as everywhere', async () => {
  const { profiles } = await createSetup();

  assert.equal(profiles.get('slack/T1/C9/general'), profiles.get('slack/general'));
  assert.deepEqual(
    ['slack/T1/C9', 'slack/T1/C9/gone', 'slack', 'a/b/c/d/e'].map((name) => profiles.get(name)),
    [undefined, undefined, undefined, undefined],
  );
});

test('the names of profiles of places can be taken apart again', () => {
  const names = ['slack/T1/C1', 'slack/T1/C1/general'];

  const again = names.map((name) => {
    const place = parsePlaceProfileName(name);
    return place && toPlaceProfileName(place);
  });

  assert.deepEqual(again, names);
  assert.deepEqual(['slack/general', 'slack', '', '//', 'a/b/c/d/e'].map(parsePlaceProfileName), Array(5).fill(undefined));
});

test('of several layers each thing is as the first says that says it, and models are those of the adapter', async () => {
  const profiles = await createProfiles({
    configured: { 'discord/7': { instructions: 'Be the desk.', language: 'Dutch' } },
    models: { slack: ['large'], discord: ['small'] },
    createModel: async (name) => ({ ...createTestModel(), name }),
  });
  profiles.set({ adapter: 'discord', tenant: '1', place: '7' }, { language: 'German' });
  profiles.set({ adapter: 'discord', tenant: '1', place: 'server' }, { language: 'French', model: 'small' });
  profiles.set({ adapter: 'discord', tenant: '2', place: 'server' }, { model: 'large' });

  const name = layerProfileNames(['discord/1/7/7', 'discord/1/server']);
  const joined = profiles.get(name);

  assert.deepEqual([joined?.instructions, joined?.language, joined?.model?.name], ['Be the desk.', 'German', 'small']);
  assert.equal(profiles.get(name), joined);
  assert.equal(profiles.get('discord/2/server')?.model, undefined);
});
