import { Liquid } from 'liquidjs';

/**
 * Liquid (https://liquidjs.com): text with gaps, conditions and loops, filled from JSON.
 *
 * Strict: an unknown filter, and a variable that is not there outside `{% if %}` and `default`, are errors. A template sees own properties
 * of the data only, reads no files, and gives the same whenever it is rendered. Objects and lists are given as JSON. The limits hold between
 * its steps: one filter over a long list runs to its end, so what strangers send is rendered in a process that can be ended.
 */
export interface LiquidTemplate {
  /** Throws a TypeError that says what is wrong and where. Nothing of `data` is changed. */
  render(data: Readonly<Record<string, unknown>>): string;
}

export interface LiquidOptions {
  /** What becomes of every value before it is put in: to escape it for JSON or for an address, say. Default as it is, for plain text. */
  readonly escape?: ((text: string) => string) | undefined;
  readonly limits?: LiquidLimits | undefined;
}

export interface LiquidLimits {
  readonly timeoutMs: number;
  /** How many tags, gaps and pieces of text are rendered, each time one is. */
  readonly maxSteps: number;
  /** Of all that is made on the way, in characters and items. */
  readonly maxMemory: number;
  /** Of what is put into gaps, in UTF-16 units. */
  readonly maxLength: number;
}

export const defaultLiquidLimits: LiquidLimits = {
  timeoutMs: 50,
  maxSteps: 10_000,
  maxMemory: 2_000_000,
  maxLength: 1_000_000,
};

const maxTemplateLength = 20_000;

/** Throws a TypeError that says what is wrong and where. */
export function parseLiquid(source: string, { escape, limits = defaultLiquidLimits }: LiquidOptions = {}): LiquidTemplate {
  const { timeoutMs, maxSteps, maxMemory, maxLength } = limits;
  let written = 0;
  const engine = createEngine((value) => {
    const text = toText(value);
    written += text.length;
    if (written > maxLength) throw new RangeError(`it makes more than ${maxLength} characters`);
    return escape ? escape(text) : text;
  });
  const parsed = attempt(() => engine.parse(source), ` in ${quote(source)}`);
  return {
    render: (data) => {
      written = 0;
      return attempt(() =>
        String(
          engine.renderSync(parsed, { ...data }, { renderLimit: timeoutMs, templateLimit: maxSteps, memoryLimit: maxMemory }),
        ),
      );
    },
  };
}

/** Where the values stand that a template puts in or looks at, by the keys that lead to them. Throws a TypeError as `parseLiquid` does. */
export function liquidPaths(source: string): readonly (readonly string[])[] {
  const segments = attempt(() => createEngine(toText).globalVariableSegmentsSync(source), ` in ${quote(source)}`);
  // A key that is itself looked up is another path.
  return segments.map((path) => path.filter((key) => !Array.isArray(key)).map(String));
}

function createEngine(outputEscape: (value: unknown) => string): Liquid {
  const engine = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    templates: {}, // In place of the file system.
    timezoneOffset: 0,
    preserveTimezones: true,
    locale: 'en-US',
    parseLimit: maxTemplateLength,
    outputEscape,
  });
  for (const tag of fileTags) delete engine.tags[tag];
  for (const filter of refusedFilters) delete engine.filters[filter];
  for (const filter of dateFilters) refuseNow(engine, filter);
  return engine;
}

const fileTags = ['include', 'render', 'layout', 'block'];

/** `raw` would get past the escaping. `sample` gives another item each time. */
const refusedFilters = ['raw', 'sample'];

const dateFilters = ['date', 'date_to_xmlschema', 'date_to_rfc822', 'date_to_string', 'date_to_long_string'];

function refuseNow(engine: Liquid, name: string): void {
  const original = engine.filters[name];
  if (typeof original !== 'function') throw new TypeError(`There is no filter ${name} to be made steady`);
  engine.registerFilter(name, function steadyDate(value: unknown, ...options: unknown[]): unknown {
    if (value === 'now' || value === 'today')
      throw new TypeError(`${name} takes no "${value}": what is rendered again must give the same`);
    return original.call(this, value, ...options);
  });
}

function attempt<Result>(work: () => Result, place = ''): Result {
  try {
    return work();
  } catch (error) {
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
    throw new TypeError(`${message.slice(0, maxShown).toWellFormed()}${place}`, { cause: error });
  }
}

const maxShown = 300;

function quote(source: string): string {
  return JSON.stringify(source.length > maxShown ? `${source.slice(0, maxShown).toWellFormed()}...` : source);
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
