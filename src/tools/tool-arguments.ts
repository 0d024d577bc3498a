import { z } from 'zod';
import { parseJson, toCanonicalJson } from '../json.ts';
import type { ToolArguments, ToolParameters } from './tool.ts';

export type ReadArguments =
  | { readonly value: ToolArguments; readonly canonical: string }
  /** Why they cannot be used, for the model. */
  | { readonly problem: string };

const maxProblemLength = 400;

/**
 * Reads what a model gives a tool. Throws for a schema that is none.
 * Zod checks with what it understands of the schema; formats are left to whoever gets the value.
 */
export function createArgumentReader(parameters: ToolParameters): (text: string) => ReadArguments {
  const schema = z.fromJSONSchema(parameters);
  return (text) => {
    const given = parseJson(text);
    if (given === undefined) return { problem: 'The arguments are not valid JSON.' };
    if (!isObject(given)) return { problem: 'The arguments must be one JSON object.' };
    const result = schema.safeParse(given);
    if (result.success) return { value: given, canonical: toCanonicalJson(given) };
    const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'arguments'}: ${message}`);
    return { problem: `The arguments do not fit: ${issues.join('; ')}`.slice(0, maxProblemLength).toWellFormed() };
  };
}

function isObject(value: unknown): value is ToolArguments {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
