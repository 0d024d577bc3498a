import type { z } from 'zod';
import { configSchema } from './schema.ts';
import { settings } from './setting.ts';
import { isRecord, schemaAt } from './walk.ts';

const mask = '********';

/** The configuration with every secret replaced, for people to look at. */
export function maskConfig<Values extends object>(config: Values): Values {
  return maskValue(config, configSchema) as Values; // Only texts are replaced, by texts.
}

function maskValue(value: unknown, schema: z.ZodType): unknown {
  const info = settings.get(schema);
  if (info?.secret) return Array.isArray(value) ? value.map(() => mask) : value && mask;
  if (info?.isJson && Array.isArray(value)) return value.map(() => mask);
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([key, child]) => {
      const childSchema = schemaAt(schema, [key], value);
      // What no schema knows may be anything, so it is not shown.
      return [key, childSchema ? maskValue(child, childSchema) : mask];
    });
    return Object.fromEntries(entries);
  }
  return typeof value === 'string' && /^https?:/i.test(value) ? maskQuery(value) : value;
}

/** Many services put a token into the query string of the URL that they give out. */
function maskQuery(url: string): string {
  return url.replace(/\?.*$/s, `?${mask}`);
}
