import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { toOwnModel } from '../config/own-model.ts';
import { placeVoices, toModelChoices } from '../config/place-voice.ts';
import { adaptersWithSettings } from '../config/slack-home.ts';
import type { OpenedTools } from '../conversation/open-tools.ts';
import { createProfiles, type Profiles } from '../conversation/profiles.ts';
import type { Log } from '../log.ts';
import type { Watch } from '../metrics/watch.ts';
import type { ModelParts } from '../model/endpoints.ts';
import type { Model } from '../model/model.ts';
import type { Store } from '../store/store.ts';
import { openConfiguredTools } from './tools.ts';

/** The AI model that the configuration names. */
export async function createAiModel(model: Config['model'], parts: ModelParts): Promise<Model> {
  const endpoints = await import('../model/endpoints.ts');
  return endpoints.createAiModel(model, parts);
}

interface BuiltinParts {
  readonly store: Store;
  readonly log: Log;
  readonly signal: AbortSignal | undefined;
}

/** The documents are read at the start; what has changed later is seen at the next one. */
export async function createBuiltin({ folder }: Config['knowledge'], { store, log, signal }: BuiltinParts): Promise<Model> {
  const [{ createBuiltinModel }, { createKnowledge }] = await Promise.all([
    import('../model/builtin.ts'),
    import('../knowledge/knowledge.ts'),
  ]);
  const knowledge = createKnowledge({ folder, store, log });
  await knowledge.refresh(signal);
  return createBuiltinModel({
    search: (query, signal) => knowledge.search(query, signal),
    topics: () => knowledge.topics(),
    detectLanguage: (text) => knowledge.detectLanguage(text),
  });
}

export async function loadTools(
  config: Config,
  parts: BuiltinParts & { readonly clock: Clock },
): Promise<OpenedTools | undefined> {
  const { tools: settings, knowledge } = config;
  const configured = await openConfiguredTools(config, parts.clock);
  if (settings.allow.length === 0) {
    await configured.stop();
    return undefined;
  }
  const { openTools } = await import('../conversation/open-tools.ts');
  const opened = await openTools({ settings, knowledge, configured: configured.tools, ...parts });
  return {
    ...opened,
    stop: async () => {
      await Promise.all([opened.stop(), configured.stop()]);
    },
  };
}

export async function chooseAiModel(config: Config, parts: ModelParts): Promise<Model | undefined> {
  return config.model.provider === 'builtin' ? undefined : createAiModel(config.model, parts);
}

/** What is set for single places, in the configuration, and by people on the platforms. */
export async function loadProfiles(
  config: Config,
  store: Store,
  { watch, ...parts }: ModelParts & { readonly watch: Watch },
): Promise<Profiles> {
  const { slack, discord, model } = config;
  const profiles = await createProfiles({
    configured: Object.fromEntries(placeVoices(config)),
    models: { slack: toModelChoices(slack), discord: toModelChoices(discord) },
    createModel: async (name) => watch.model(await createAiModel(toOwnModel(model, name), parts)),
  });
  for (const adapter of adaptersWithSettings(config))
    for (const { tenant, place, settings } of await store.listPlaces({ adapter }))
      profiles.set({ adapter, tenant, place }, settings.profile);
  return profiles;
}
