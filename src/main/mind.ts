import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { toOwnModel } from '../config/own-model.ts';
import { toPostTargets } from '../config/tool-post.ts';
import { placeVoices, toModelChoices } from '../config/place-voice.ts';
import { toRedactOptions } from '../config/redact-options.ts';
import { adaptersWithSettings } from '../config/slack-home.ts';
import type { OpenedTools } from '../conversation/open-tools.ts';
import { createProfiles, type Profiles } from '../conversation/profiles.ts';
import type { Knowledge } from '../knowledge/knowledge.ts';
import type { Log } from '../log.ts';
import type { Watch } from '../metrics/watch.ts';
import type { ModelParts } from '../model/endpoints.ts';
import type { Model } from '../model/model.ts';
import type { Store } from '../store/store.ts';
import { createOutbound } from '../outbound.ts';
import { openOutward } from './adapters.ts';
import { openConfiguredTools } from './tools.ts';

/** The AI model that the configuration names. Whatever calls it, what is to be kept from a provider is. */
export async function createAiModel({ model, safety }: Pick<Config, 'model' | 'safety'>, parts: ModelParts): Promise<Model> {
  const [endpoints, around] = await Promise.all([import('../model/endpoints.ts'), redactionOf(safety)]);
  return endpoints.createAiModel(model, { ...parts, around });
}

/** Undefined where nothing is to be kept from anybody. */
async function redactionOf({ redact }: Config['safety']): Promise<ModelParts['around']> {
  const options = toRedactOptions(redact);
  if (!options.isOn && options.images) return undefined;
  const { redactModel } = await import('../model/redact/redact-model.ts');
  return (provider, model) => (redact.exceptProviders.includes(provider) ? model : redactModel(model, options));
}

export async function createBuiltin(knowledge: Knowledge): Promise<Model> {
  const { createBuiltinModel } = await import('../model/builtin.ts');
  return createBuiltinModel({
    search: (query, signal) => knowledge.search(query, signal),
    topics: (place) => knowledge.topics(place),
    detectLanguage: (text) => knowledge.detectLanguage(text),
  });
}

interface ToolParts {
  readonly store: Store;
  readonly knowledge: Knowledge;
  readonly clock: Clock;
  readonly log: Log;
}

export async function loadTools(config: Config, parts: ToolParts): Promise<OpenedTools | undefined> {
  const { tools: settings } = config;
  const configured = await openConfiguredTools(config, parts.clock);
  if (settings.allow.length === 0) {
    await configured.stop();
    return undefined;
  }
  const { openTools } = await import('../conversation/open-tools.ts');
  const { citations: cites } = config.knowledge;
  const outbound = createOutbound(openOutward(config));
  const opened = await openTools({
    ...{ settings, cites, remembers: config.memory.enabled, posts: toPostTargets(settings), configured: configured.tools },
    fetch: (input, init) => outbound.fetchBy()(input, init),
    ...parts,
  });
  return {
    ...opened,
    stop: async () => {
      await Promise.all([opened.stop(), configured.stop()]);
      await outbound.close();
    },
  };
}

export async function chooseAiModel(config: Config, parts: ModelParts): Promise<Model | undefined> {
  return config.model.provider === 'builtin' ? undefined : createAiModel(config, parts);
}

/** What is set for single places, in the configuration, and by people on the platforms. */
export async function loadProfiles(
  config: Config,
  store: Store,
  { watch, ...parts }: ModelParts & { readonly watch: Watch },
): Promise<Profiles> {
  const { slack, discord, model, safety } = config;
  const profiles = await createProfiles({
    configured: Object.fromEntries(placeVoices(config)),
    models: { slack: toModelChoices(slack), discord: toModelChoices(discord) },
    createModel: async (name) => watch.model(await createAiModel({ safety, model: toOwnModel(model, name) }, parts)),
  });
  for (const adapter of adaptersWithSettings(config))
    for (const { tenant, place, settings } of await store.listPlaces({ adapter }))
      profiles.set({ adapter, tenant, place }, settings.profile);
  return profiles;
}
