import { z } from 'zod';

/** What people need to know about one key of the configuration. */
export interface SettingInfo {
  readonly description: string;
  /** The environment variable that sets it. */
  readonly env?: string;
  /** Never shown. Its variable may also be given as NAME_FILE. */
  readonly secret?: boolean;
  /** NAME_FILE works although the value is shown: it may hold a password in other versions. */
  readonly fromFile?: boolean;
  readonly example?: string;
  /** What stands below the key is JSON, which the configuration does not look into: numbers, booleans and null keep their types. */
  readonly isJson?: boolean;
  /** What stands in for a default that depends on other things. */
  readonly defaultNote?: string;
}

export const settings = z.registry<SettingInfo>();

/** Attaches to a schema what messages, docs and masking need. */
export function setting<Schema extends z.ZodType>(schema: Schema, info: SettingInfo): Schema {
  settings.add(schema, info);
  return schema;
}

/** Text that is there: an empty one counts as not set before any schema sees it. */
export const text = z.string();
/** Of the adapters that there are: a rule for one that is misspelt would hold nowhere. */
export const adapterNames = z.array(z.enum(['slack', 'discord', 'webhook', 'terminal'])).min(1);
export const headerName = text.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'must be the name of a header');

export const secretText = z.string().regex(/^\S(?:.*\S)?$/s, 'must not begin or end with white space');

export const url = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine((value) => !/^https?:\/\/[^/?#]*@/i.test(value), 'must not hold a user name or password');

export const count = z.int().min(1);

/** Keys of a webhook's `verify` and `callback` secrets: what Standard Webhooks calls a symmetric secret. */
export const signingKey = z.string().refine((value) => {
  const encoded = value.replace(/^whsec_/, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && Buffer.from(encoded, 'base64').length >= 24;
}, 'must be whsec_ and at least 24 random bytes in base64; make one with: echo "whsec_$(openssl rand -base64 32)"');
