import { missingInAddress, type ProviderPreset, providerPresets } from '../provider-presets.ts';
import type { Conflict } from './conflict.ts';
import type { ProviderSettings } from './providers.ts';
import type { Settings } from './schema.ts';
import { suggest } from './suggest.ts';

/** Mistakes in who answers that only show when several settings are looked at together. */
export function checkModel(model: Settings['model'] | undefined): Conflict[] {
  if (!model) return [];
  const { provider, fallback, providers } = model;
  const known = ['openai', ...Object.keys(providers)];
  const conflicts = Object.entries(providers).flatMap(([name, settings]) => checkProvider(name, settings));
  if (provider !== 'builtin' && !known.includes(provider)) {
    conflicts.push({ path: ['model', 'provider'], what: unknown(provider, ['auto', 'builtin', ...known]) });
  }
  for (const [index, name] of fallback.entries()) {
    if (!known.includes(name)) conflicts.push({ path: ['model', 'fallback'], what: unknown(name, known) });
    else if (name === provider || fallback.indexOf(name) < index) {
      conflicts.push({ path: ['model', 'fallback'], what: `names ${name}, which has been asked by then` });
    }
  }
  if (provider === 'builtin' && fallback.length > 0) {
    conflicts.push({
      path: ['model', 'fallback'],
      what: 'is for an AI model, and the built-in model answers: set model.provider',
    });
  }
  const isUsed = provider === 'openai' || fallback.includes('openai');
  const needsKey = new URL(model.openai.baseUrl).hostname === 'api.openai.com' && !model.openai.apiKey;
  if (isUsed && needsKey) {
    conflicts.push({ path: ['model', 'openai', 'apiKey'], what: 'is missing, and api.openai.com answers nobody without a key' });
  }
  return conflicts;
}

function unknown(name: string, known: readonly string[]): string {
  const near = suggest(name, known);
  return `names ${JSON.stringify(name)}, which is none of ${known.join(', ')}${near ? ` (did you mean ${near}?)` : ''}`;
}

function checkProvider(name: string, settings: ProviderSettings): Conflict[] {
  const path = ['model', 'providers', name];
  const { preset, apiKey, tokenCommand, model, temperature } = settings;
  const { needsKey, maxTemperature, modelHint }: ProviderPreset = providerPresets[preset];
  const conflicts = missingInAddress(settings).map((gap) => ({ path: [...path, gap], what: `is missing: ${preset} needs it` }));
  if (apiKey !== undefined && tokenCommand) {
    conflicts.push({ path: [...path, 'tokenCommand'], what: 'is set beside apiKey: keep one of them' });
  }
  if (needsKey && apiKey === undefined && !tokenCommand) {
    conflicts.push({ path: [...path, 'apiKey'], what: `is missing, and ${preset} answers nobody without one (or tokenCommand)` });
  }
  if (model === '' && preset !== 'sagemaker') {
    conflicts.push({ path: [...path, 'model'], what: modelHint === undefined ? 'is missing' : `is missing: ${modelHint}` });
  }
  if (temperature !== undefined && temperature > maxTemperature) {
    conflicts.push({ path: [...path, 'temperature'], what: `must be at most ${maxTemperature}, which is what ${preset} takes` });
  }
  return conflicts;
}

/** A provider that does not exist would be trusted in vain: the one that was meant gets less than it should. */
export function checkRedact({ safety, model }: Partial<Settings>): Conflict[] {
  if (!safety || !model) return [];
  const known = ['openai', ...Object.keys(model.providers)];
  return safety.redact.exceptProviders
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: ['safety', 'redact', 'exceptProviders'], what: unknown(name, known) }));
}

/** What is to be checked by something that is not there would pass unchecked, or never. */
export function checkModeration({ safety, model }: Partial<Settings>): Conflict[] {
  if (!safety || !model) return [];
  const { input, output, rules, endpoint } = safety.moderation;
  const path = ['safety', 'moderation'];
  const used = [...input, ...output];
  const conflicts: Conflict[] = [];
  if (used.includes('rules') && Object.keys(rules).length === 0)
    conflicts.push({ path: [...path, 'rules'], what: 'is missing: there is something to be checked by rules' });
  const unused = { rules, endpoint: endpoint.thresholds } as const;
  for (const [name, settings] of Object.entries(unused))
    if (Object.keys(settings).length > 0 && !used.some((source) => source === name))
      conflicts.push({
        path: [...path, name],
        what: 'checks nothing: neither input nor output names it',
        example: `input: [${name}]`,
      });
  const address = endpoint.baseUrl ?? model.openai.baseUrl;
  const key = endpoint.apiKey ?? (endpoint.baseUrl === undefined ? model.openai.apiKey : undefined);
  if (used.includes('endpoint') && new URL(address).hostname === 'api.openai.com' && key === undefined)
    conflicts.push({
      path: [...path, 'endpoint', 'apiKey'],
      what: 'is missing, and api.openai.com answers nobody without a key',
    });
  return conflicts;
}
