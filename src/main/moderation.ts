import type { Config } from '../config.ts';
import { toRedactOptions } from '../config/redact-options.ts';
import { createModeration, type Moderation } from '../conversation/moderation.ts';
import type { Log } from '../log.ts';
import { createModerator, type Moderator, type ModeratorParts } from '../model/moderate.ts';
import { createTextRedactor } from '../model/redact/redact-model.ts';

type Settings = Pick<Config, 'safety' | 'model'>;

/** Undefined where nothing is checked. */
export function moderationOf(
  config: Settings,
  { log, ...parts }: ModeratorParts & { readonly log: Log },
): Moderation | undefined {
  const { input, output, rules, onFailure } = config.safety.moderation;
  if (input.length + output.length === 0) return undefined;
  return createModeration({ input, output, rules, onFailure, log, endpoint: moderatorOf(config, parts) });
}

/** The key of the model's endpoint is sent to that endpoint alone. What providers of models do not get, no other endpoint gets either. */
export function moderatorOf({ safety, model: { openai } }: Settings, parts: ModeratorParts): Moderator {
  const { baseUrl, apiKey, model, thresholds, timeoutSeconds } = safety.moderation.endpoint;
  const moderator = createModerator(
    {
      baseUrl: baseUrl ?? openai.baseUrl,
      apiKey: apiKey ?? (baseUrl === undefined ? openai.apiKey : undefined),
      ...{ model, thresholds, timeoutMs: timeoutSeconds * 1_000 },
    },
    parts,
  );
  const redact = toRedactOptions(safety.redact);
  const isOwn = baseUrl === undefined && safety.redact.exceptProviders.includes('openai');
  if (!redact.isOn || isOwn) return moderator;
  const withoutData = createTextRedactor(redact);
  return (texts, signal) => moderator(withoutData(texts), signal);
}
