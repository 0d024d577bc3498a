import { parseJson } from '../json.ts';
import { defaultJsonataLimits, evaluateJsonata } from '../jsonata.ts';
import { parseLiquid } from '../liquid.ts';
import type { Expression, ExpressionJob, ExpressionResult, ResultType } from '../expression.ts';

/** The results one by one. Never throws, but may not come to an end: for the evaluator's thread. */
export async function* evaluateJob({ json, headers, source, expressions }: ExpressionJob): AsyncGenerator<ExpressionResult> {
  const data = parseJson(
    Buffer.from(json.buffer, json.byteOffset, json.byteLength)
      .toString('utf8')
      .replace(/^\uFEFF/, ''),
  );
  for (const { key, expression } of expressions) {
    try {
      const value = await evaluate(expression, { data, headers, source });
      yield { key, ok: true, ...toResult(value) };
    } catch (error) {
      yield { key, ok: false, problem: error instanceof Error ? error.message : String(error) };
    }
  }
}

interface Given {
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly source: string;
}

async function evaluate(expression: Expression, { data, headers, source }: Given): Promise<unknown> {
  if ('jsonata' in expression) return evaluateJsonata(expression.jsonata, { data, bindings: { headers, source } });
  const payload = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {};
  return parseLiquid(expression.liquid, { limits: liquidLimits }).render({
    ...payload,
    webhook: { body: data, headers, source },
  });
}

/** Nothing waits here but the event itself, so that they are looser than where a template holds everything up. */
const liquidLimits = { timeoutMs: 500, maxSteps: 50_000, maxMemory: 10_000_000, maxLength: 1_000_000 };

const { maxLength } = defaultJsonataLimits;

function toResult(value: unknown): { readonly type: ResultType; readonly text: string } {
  const type = typeOf(value);
  if (type === 'nothing') return { type, text: '' };
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length > maxLength) throw new RangeError(`It gives more than ${maxLength} characters`);
  return { type, text };
}

function typeOf(value: unknown): ResultType {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('It gives no number that JSON has');
  if (typeof value === 'number' || typeof value === 'boolean') return typeof value as 'number' | 'boolean'; // as was just seen
  // What JSONata hands functions around in.
  if (typeof value !== 'object' || '_jsonata_lambda' in value || '_jsonata_function' in value)
    throw new TypeError('It gives a function. Call it, like $sum(items.price)');
  return Array.isArray(value) ? 'list' : 'object';
}
