import { z } from 'zod';
import { configSchema } from './schema.ts';
import { settings } from './setting.ts';
import { configFileVariable } from './sources.ts';
import { listSettings, unwrap } from './walk.ts';

/** What the documentation says about one key. */
export interface KeyDescription {
  /** Path in parley.yaml; NAME stands for a name that the operator chooses. */
  readonly path: string;
  readonly description: string;
  readonly env: string | undefined;
  /** Whether NAME_FILE works as well. */
  readonly fromFile: boolean;
  readonly secret: boolean;
  readonly type: string;
  /** The value, or in words what it depends on; undefined where there is none. */
  readonly default: string | undefined;
  readonly example: string | undefined;
}

/** Every key, in the order of the schema. */
export function describeKeys(): KeyDescription[] {
  return listSettings(configSchema).map(({ path, schema, info }) => ({
    path: path.join('.'),
    description: info.description,
    env: info.env,
    fromFile: info.secret === true || info.fromFile === true,
    secret: info.secret === true,
    type: describeType(unwrap(schema)),
    default: info.defaultNote ?? describeDefault(schema),
    example: info.example,
  }));
}

/** Every environment variable that is read, without the NAME_FILE forms. */
export function listVariables(): string[] {
  return [configFileVariable, ...describeKeys().flatMap(({ env }) => env ?? [])];
}

/** The JSON Schema of parley.yaml, for editors. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      // A preset brings what is required otherwise.
      if (jsonSchema.properties && 'preset' in jsonSchema.properties) delete jsonSchema.required;
      const info = settings.get(zodSchema);
      if (!info) return;
      jsonSchema.description = info.description;
      if (info.example !== undefined && jsonSchema.type === 'string') jsonSchema.examples = [info.example];
    },
  });
}

/** The keys as Markdown tables, one for each section. */
export function renderReference(): string {
  const sections = Map.groupBy(describeKeys(), ({ path }) => (path.includes('.') ? (path.split('.')[0] ?? '') : ''));
  return [...sections]
    .map(([section, keys]) => `${section ? `### ${section}` : '### Top level'}\n\n${renderTable(keys)}\n`)
    .join('\n');
}

function renderTable(keys: readonly KeyDescription[]): string {
  const rows = keys.map(({ path, env, fromFile, type, default: fallback, description }) => {
    const variable = env ? `\`${env}\`${fromFile ? ` or \`${env}_FILE\`` : ''}` : '';
    return [`\`${path}\``, variable, type, fallback ?? '', description];
  });
  const cells = [['Key', 'Environment', 'Value', 'Default', 'What it does'], Array.from({ length: 5 }, () => '---'), ...rows];
  return cells.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}

function describeType(schema: z.ZodType): string {
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => `\`${option}\``).join(', ');
  if (schema instanceof z.ZodNumber) return schema.isInt ? 'whole number' : 'number';
  if (schema instanceof z.ZodBoolean) return 'true or false';
  if (schema instanceof z.ZodArray) return 'list of texts';
  if (schema instanceof z.ZodURL) return 'URL';
  if (schema instanceof z.ZodObject) return 'section';
  if (!(schema instanceof z.ZodUnion)) return 'text';
  if (schema.options.some((option) => option instanceof z.ZodString)) return describeMapped(schema);
  return schema.options.some((option) => option instanceof z.ZodArray) ? 'false, number or list' : '`off` or whole number';
}

/** A text, or sections with one key each. */
function describeMapped(schema: z.ZodUnion): string {
  const languages = schema.options.flatMap((option) => (option instanceof z.ZodObject ? Object.keys(option.shape) : []));
  return `text${languages.map((language) => `, or \`{ ${language}: ... }\``).join('')}`;
}

function describeDefault(schema: z.ZodType): string | undefined {
  if (!(schema instanceof z.ZodDefault)) return undefined;
  const value = String(schema.def.defaultValue);
  if (value === '') return 'nothing';
  return value.length > 80 ? 'a short text' : `\`${value}\``;
}
