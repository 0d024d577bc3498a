import type { Json } from '../../message.ts';
import type { ToolArguments, ToolParameters } from '../tool.ts';

/** Arguments as a model could give them: all that the schema names, or those that it requires. */
export function sampleArguments(schema: ToolParameters, which: { readonly all: boolean }): ToolArguments {
  const { properties, required } = schema;
  const needed = Array.isArray(required) ? required : [];
  const entries = isObject(properties) ? Object.entries(properties) : [];
  const chosen = entries.filter(([name]) => which.all || needed.includes(name));
  return Object.fromEntries(chosen.map(([name, property]) => [name, toSample(property, which)]));
}

function toSample(schema: Json, which: { readonly all: boolean }): Json {
  if (!isObject(schema)) return 'x';
  const { const: fixed, enum: choices, type } = schema;
  if (fixed !== undefined) return fixed;
  if (Array.isArray(choices) && choices.length > 0) return (choices as readonly Json[])[0] ?? null; // a list of Json
  if (type === 'object') return sampleArguments(schema, which);
  if (type === 'array') return [toSample(schema['items'] ?? {}, which)];
  if (type === 'integer' || type === 'number') return 1;
  return type === 'boolean' ? true : 'x';
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
