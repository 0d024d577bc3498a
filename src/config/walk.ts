import { z } from 'zod';
import { settings, type SettingInfo } from './setting.ts';

/** One key of the configuration: where it stands and what is known about it. */
export interface Setting {
  /** NAME stands for a name that the operator chooses. */
  readonly path: readonly string[];
  readonly schema: z.ZodType;
  readonly info: SettingInfo;
}

/** Every key below `schema`, in the order in which they are declared. The same key in several variants is listed once. */
export function listSettings(schema: z.ZodType): Setting[] {
  const found = new Map<string, Setting>();
  for (const entry of walk(schema, [])) {
    const key = entry.path.join('.');
    if (!found.has(key)) found.set(key, entry);
  }
  return [...found.values()];
}

function* walk(schema: z.ZodType, path: readonly string[]): Generator<Setting> {
  const info = settings.get(schema);
  const inner = unwrap(schema);
  const hasParts = inner instanceof z.ZodRecord || inner instanceof z.ZodDiscriminatedUnion;
  if (info && !hasParts) yield { path, schema, info };
  if (inner instanceof z.ZodObject) for (const [key, child] of shapeOf(inner)) yield* walk(child, [...path, key]);
  if (inner instanceof z.ZodRecord) yield* walk(valueOf(inner), [...path, 'NAME']);
  if (inner instanceof z.ZodDiscriminatedUnion) for (const option of optionsOf(inner)) yield* walk(option, path);
}

/** The schema at `path`, given the value that it applies to (which chooses between variants); undefined where there is none. */
export function schemaAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): z.ZodType | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const inner = sectionWith(key, variantFor(unwrap(schema), value));
  const below = isRecord(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined;
  if (inner instanceof z.ZodObject) {
    const child = shapeOf(inner).find(([name]) => name === key)?.[1];
    return child && schemaAt(child, rest, below);
  }
  if (inner instanceof z.ZodRecord) return schemaAt(valueOf(inner), rest, below);
  // A list has no settings of its own: its items belong to the key that holds it.
  return inner instanceof z.ZodArray ? schema : undefined;
}

/** The names that may stand at this place; undefined where any may, or none. */
export function keysOf(schema: z.ZodType, value: unknown): readonly string[] | undefined {
  const inner = variantFor(unwrap(schema), value);
  return inner instanceof z.ZodObject ? shapeOf(inner).map(([key]) => key) : undefined;
}

/** Text becomes what the schema asks for where it can be read as that; everything else stays as it is, for the schema to refuse. */
export function coerce(schema: z.ZodType, value: unknown): unknown {
  const inner = variantFor(unwrap(schema), value);
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([key, child]) => {
      const childSchema = schemaAt(inner, [key], value);
      return [key, childSchema ? coerce(childSchema, child) : child];
    });
    return Object.fromEntries(entries);
  }
  if (Array.isArray(value) && inner instanceof z.ZodArray) return value.map((item) => coerce(elementOf(inner), item));
  return typeof value === 'string' ? coerceText(inner, value) : value;
}

function coerceText(schema: z.ZodType, value: string): unknown {
  if (schema instanceof z.ZodNumber) return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
  if (schema instanceof z.ZodBoolean) return readBoolean(value) ?? value;
  if (!(schema instanceof z.ZodUnion)) return value;
  if (schema.options.some((option) => option instanceof z.ZodString)) return value;
  // A word that may stand there stands for itself, as `off` does.
  if (schema.options.some((option) => option instanceof z.ZodLiteral && option.values.has(value))) return value;
  if (readBoolean(value) === false && !/^\d+$/.test(value)) return false;
  return /^\d+$/.test(value) ? Number(value) : value;
}

function readBoolean(value: string): boolean | undefined {
  if (/^(?:true|yes|on|1)$/i.test(value)) return true;
  return /^(?:false|no|off|0)$/i.test(value) ? false : undefined;
}

/** Every value that belongs to a key, with the key's schema. A list of secrets yields each of them. */
export function* leaves(
  schema: z.ZodType,
  value: unknown,
  path: readonly string[] = [],
): Generator<{ path: readonly string[]; schema: z.ZodType; value: unknown }> {
  const inner = variantFor(unwrap(schema), value);
  if (isRecord(value) && (inner instanceof z.ZodObject || inner instanceof z.ZodRecord)) {
    for (const [key, child] of Object.entries(value)) {
      const childSchema = schemaAt(inner, [key], value);
      if (childSchema) yield* leaves(childSchema, child, [...path, key]);
    }
    return;
  }
  if (value !== undefined) yield { path, schema, value };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema without its default and without leave to be absent. */
export function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(asType(schema.def.innerType));
  }
  return schema;
}

/** Of a union told apart by a key, the variant that `value` says it is; any other schema as it is. */
function variantFor(schema: z.ZodType, value: unknown): z.ZodType {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const key = schema.def.discriminator;
  const named = isRecord(value) ? value[key] : undefined;
  return (
    optionsOf(schema).find((option) => {
      const field = option instanceof z.ZodObject ? shapeOf(option).find(([name]) => name === key)?.[1] : undefined;
      return field instanceof z.ZodLiteral && field.values.has(named as string); // Any value may be asked for; only an equal one is found.
    }) ?? schema
  );
}

/** Of a union of a text and sections, the section that has the key; any other schema as it is. */
function sectionWith(key: PropertyKey, schema: z.ZodType): z.ZodType {
  if (!(schema instanceof z.ZodUnion) || schema instanceof z.ZodDiscriminatedUnion) return schema;
  const hasKey = (option: z.core.$ZodType) => option instanceof z.ZodObject && shapeOf(option).some(([name]) => name === key);
  const found = schema.options.find(hasKey);
  return found ? asType(found) : schema;
}

function shapeOf(schema: z.ZodObject): [string, z.ZodType][] {
  return Object.entries(schema.shape).map(([key, child]) => [key, asType(child)]);
}

function optionsOf(schema: z.ZodDiscriminatedUnion): z.ZodType[] {
  return schema.options.map(asType);
}

function valueOf(schema: z.ZodRecord): z.ZodType {
  return asType(schema.def.valueType);
}

function elementOf(schema: z.ZodArray): z.ZodType {
  return asType(schema.def.element);
}

/** zod types what is inside a schema by its core class; all of ours are made by the classic builders. */
function asType(schema: z.core.$ZodType): z.ZodType {
  return schema as z.ZodType;
}
