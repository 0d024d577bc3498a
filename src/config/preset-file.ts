import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ConfigFiles } from './files.ts';
import { headerName } from './setting.ts';

/** What a preset asks of whoever uses it. */
const presetSetting = z.strictObject({
  description: z.string(),
  example: z.string(),
  /** A secret is any text; it stands nowhere but among credentials. */
  kind: z.enum(['label', 'host', 'origin', 'word', 'secret']).default('word'),
  default: z.string().optional(),
  /** A secret that is ours to choose. */
  generate: z.stringbool().default(false),
});
export type PresetSetting = z.infer<typeof presetSetting>;

/** An event as the sender sends it, and what has to come of it. */
const fixture = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  headers: z.record(headerName, z.string()).default({}),
  body: z.string(),
  is: z.enum(['question', 'ignored', 'handshake']),
  eventId: z.string().optional(),
  conversation: z.string().optional(),
  text: z.string().optional(),
  author: z.string().optional(),
});
export type PresetFixture = z.infer<typeof fixture>;

const presetFile = z.strictObject({
  title: z.string(),
  /** Pages of the vendor that it follows. */
  docs: z.array(z.url({ protocol: /^https$/ })).min(1),
  /** How to set it up at the vendor, and what is not certain. */
  notes: z.string(),
  settings: z.record(z.string().regex(/^[a-z]\w*$/i), presetSetting).default({}),
  /** As in parley.yaml, with `<<name>>` where a setting goes. */
  source: z.record(z.string(), z.unknown()),
  fixtures: z.array(fixture).min(1),
});
export type Preset = z.infer<typeof presetFile>;

const folder = new URL('../../adapters/webhook/presets/', import.meta.url);

export const presetNames = [
  'chatwoot',
  'freshdesk',
  'front',
  'github',
  'gitlab',
  'helpscout',
  'hubspot',
  'intercom',
  'jira',
  'linear',
  'pagerduty',
  'salesforce',
  'shopify',
  'standard-webhooks',
  'stripe',
  'twilio-sms',
  'typeform',
  'woocommerce',
  'zammad',
  'zendesk',
] as const;

/** Undefined where there is none of this name. Throws where the file is wrong, which only a change of Parley can cause. */
export function readPreset(name: string, files: ConfigFiles): Preset | undefined {
  const known = presetNames.find((preset) => preset === name);
  const file = known && files.read(fileURLToPath(new URL(`${known}.yaml`, folder)));
  if (!file) return undefined;
  // Every scalar as the text that it is: what it means is for the schema of a source to say.
  return presetFile.parse(parse(file.text, { schema: 'failsafe' }));
}

const kinds: Readonly<Record<PresetSetting['kind'], { readonly pattern: RegExp; readonly is: string }>> = {
  label: {
    pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i,
    is: 'must be one part of a host name, made of letters, digits and -',
  },
  host: { pattern: /^(?!.*\.\.)[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::\d{1,5})?$/i, is: 'must be a host name' },
  origin: {
    pattern: /^https?:\/\/(?!.*\.\.)[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::\d{1,5})?$/i,
    is: 'must be an address without a path, and without a / at its end',
  },
  word: { pattern: /^[\w.@+:-]{1,200}$/, is: 'must be made of letters, digits and . @ + : _ -' },
  secret: { pattern: /^\S(?:.*\S)?$/s, is: 'must not begin or end with white space' },
};

/** What is wrong with the value; undefined where nothing is. */
export function judgePresetSetting({ kind }: PresetSetting, value: unknown): string | undefined {
  const { pattern, is } = kinds[kind];
  return typeof value === 'string' && pattern.test(value) ? undefined : is;
}
