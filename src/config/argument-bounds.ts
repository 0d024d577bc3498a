import type { Conflict } from './conflict.ts';
import { isRecord } from './walk.ts';

const numbers = [
  ...['minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  ...['multipleOf', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
];
/** Their keys are names, not keywords. */
const named = ['properties', 'patternProperties', '$defs', 'definitions'];
/** Schemas, or lists of them. */
const nested = ['items', 'prefixItems', 'additionalProperties', 'anyOf', 'oneOf', 'allOf', 'not', 'propertyNames', 'contains'];

/** A bound of a JSON Schema that is a text, such as `'20'` or `${MAX}`, would bound nothing, and say nothing of it. */
export function checkBounds(path: readonly string[], schema: unknown): Conflict[] {
  if (Array.isArray(schema)) return schema.flatMap((item, index) => checkBounds([...path, String(index)], item));
  if (!isRecord(schema)) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    const at = [...path, key];
    // In draft 4 `exclusiveMinimum: true` goes with `minimum`.
    const isDraft4 = key.startsWith('exclusive') && typeof value === 'boolean';
    if (numbers.includes(key) && typeof value !== 'number' && !isDraft4)
      return [{ path: at, what: 'must be a number: write it without quotes and without a variable', example: `${key}: 20` }];
    if (key === 'additionalProperties' && typeof value !== 'boolean' && !isRecord(value))
      return [{ path: at, what: 'must be true, false or a schema, without quotes', example: `${key}: false` }];
    if (named.includes(key) && isRecord(value))
      return Object.entries(value).flatMap(([name, child]) => checkBounds([...at, name], child));
    return nested.includes(key) ? checkBounds(at, value) : [];
  });
}
