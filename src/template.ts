/**
 * Text with gaps that are filled from JSON: `Order {{order.id}} by {{customer.name}}`.
 *
 * A path names object keys and array indexes: `comments[0].author.name`, `comments.0.author.name`, `order["line items"]`. It sees own
 * properties only. What is not there gives nothing; objects and arrays are given as JSON. What has been filled in is never read as a template again.
 */
export interface TemplateOptions {
  /** Values beside the payload, by the first part of a path, for example `$headers`. They hide a key of that name in the payload. */
  readonly scope?: Readonly<Record<string, unknown>> | undefined;
  /** The result is cut after so many UTF-16 units. Default 100,000. */
  readonly maxLength?: number | undefined;
}

export type Template = (payload: unknown, options?: TemplateOptions) => string;

const defaultMaxLength = 100_000;

export function renderTemplate(text: string, payload: unknown, options?: TemplateOptions): string {
  return compileTemplate(text)(payload, options);
}

/** Takes the template apart once. Throws a TypeError where a path cannot be read. */
export function compileTemplate(text: string): Template {
  const parts = parseTemplate(text);
  return (payload, { scope, maxLength = defaultMaxLength } = {}) => {
    let result = '';
    for (const part of parts) {
      result += typeof part === 'string' ? part : toText(resolve(payload, part, scope));
      if (result.length > maxLength) return cut(result, maxLength);
    }
    return result;
  };
}

/** The paths that a template asks for, each as its list of keys. */
export function templatePaths(text: string): readonly (readonly string[])[] {
  return parseTemplate(text).filter((part) => typeof part !== 'string');
}

/** The value at `path`, or undefined where there is none. */
export function lookup(payload: unknown, path: string | readonly string[]): unknown {
  let value = payload;
  for (const key of typeof path === 'string' ? parsePath(path) : path) {
    // JSON.parse makes `__proto__` an own key; nobody asks for it in good faith.
    if (typeof value !== 'object' || value === null || key === '__proto__' || !Object.hasOwn(value, key)) return undefined;
    if (Array.isArray(value) && !/^\d+$/.test(key)) return undefined;
    value = (value as Record<string, unknown>)[key]; // An object that has this key, as was just seen.
  }
  return value;
}

type Part = string | readonly string[];

function parseTemplate(text: string): readonly Part[] {
  const parts: Part[] = [];
  let from = 0;
  while (from < text.length) {
    const start = text.indexOf('{{', from);
    const end = start === -1 ? -1 : text.indexOf('}}', start);
    if (end === -1) break;
    if (start > from) parts.push(text.slice(from, start));
    parts.push(parsePath(text.slice(start + 2, end).trim()));
    from = end + 2;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

const step = /\.([^.[\]"\s]+)|\[(?:(\d+)|"([^"]*)")\]/y;

function parsePath(path: string): readonly string[] {
  if (path === '') throw new TypeError('A template has an empty gap {{}}. Write a path into it, like {{ticket.id}}');
  const steps = path.startsWith('[') ? path : `.${path}`;
  const keys: string[] = [];
  step.lastIndex = 0;
  while (step.lastIndex < steps.length) {
    const match = step.exec(steps);
    if (match === null) throw new TypeError(`The path "${path}" cannot be read. Write it like ticket.comments[0].body`);
    keys.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return keys;
}

function resolve(payload: unknown, path: readonly string[], scope: TemplateOptions['scope']): unknown {
  return scope !== undefined && Object.hasOwn(scope, path[0] ?? '') ? lookup(scope, path) : lookup(payload, path);
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function cut(text: string, maxLength: number): string {
  const isHighSurrogate = /[\uD800-\uDBFF]/.test(text.charAt(maxLength - 1));
  return text.slice(0, isHighSurrogate ? maxLength - 1 : maxLength);
}
