import { compileRequest } from '../../action/action-request.ts';
import { createAsk } from '../../action/ask.ts';
import type { Authorizer } from '../../action/authorize.ts';
import type { Clock } from '../../clock.ts';
import { DeliveryError, describeError, ToolError } from '../../errors.ts';
import type { Expressions } from '../../expression.ts';
import { checkJsonata } from '../../jsonata.ts';
import { createArgumentReader } from '../tool-arguments.ts';
import type { Tool, ToolArguments, ToolUse } from '../tool.ts';
import { readAnswer } from './http-answer.ts';
import type { HttpToolSettings } from './http-tool-settings.ts';
import { sampleArguments } from './sample-arguments.ts';
import { toOutcome } from './outcome.ts';
import type { Picking } from './outcome.ts';

export interface HttpToolParts {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Of the settings' `auth`: tools with the same credentials share one, and so its tokens. */
  readonly authorizer: Authorizer;
  readonly expressions: Pick<Expressions, 'evaluate'>;
  /** The setting, as in `tools.http.find_order`. */
  readonly key: string;
}

/** Throws a TypeError that says what is wrong with the settings. */
export function createHttpTool(settings: HttpToolSettings, parts: HttpToolParts): Tool {
  const { name, title, description, parameters, readOnly, request, auth, timeoutMs } = settings;
  const { clock, key } = parts;
  const idHeader = readOnly ? undefined : settings.idempotencyHeader;
  const toRequest = compileRequest({ ...request, idHeader, isStrict: true });
  check(settings, toRequest);
  const ask = createAsk({ ...parts, timeoutMs });
  const picking: Picking = { settings, expressions: parts.expressions };

  return {
    ...{ name, title, description, parameters, readOnly },
    untrusted: true,
    run: async (given, use) => {
      const filled = fill(() => toRequest(toData(given, use, clock)));
      const answer = await ask({ request: filled, key, signal: use.signal }, (response, proof) =>
        readAnswer(response, { proof, auth, readOnly, now: clock.now(), host: new URL(filled.url).host }),
      ).catch((error: unknown) => {
        use.signal.throwIfAborted();
        throw toToolFailure(error, readOnly);
      });
      return toOutcome(answer, picking);
    },
  };
}

function toData(args: ToolArguments, use: ToolUse, clock: Clock) {
  const { adapter, tenant, conversationId, author, callId } = use;
  const place = { adapter, tenant, conversation: conversationId, person: author.id, personName: author.name };
  return { ...place, args, id: callId, now: new Date(clock.now()).toISOString() };
}

/** Of a call that changes something, and that may have done so, an error other than a ToolError says that nobody knows. */
function toToolFailure(error: unknown, readOnly: boolean): unknown {
  if (!(error instanceof DeliveryError) || (error.uncertain && !readOnly)) return error;
  return new ToolError(describeError(error), { cause: error });
}

function fill<Result>(build: () => Result): Result {
  try {
    return build();
  } catch (error) {
    throw new ToolError(`Nothing was sent, for the arguments give no request: ${describeError(error)}.`, { cause: error });
  }
}

/** What would only show when the model calls it, with all of its arguments or with those that it has to give. */
function check({ parameters, result, request }: HttpToolSettings, toRequest: (data: Record<string, unknown>) => unknown): void {
  if (parameters['type'] !== 'object') throw new TypeError('parameters must be a JSON Schema with type: object');
  try {
    createArgumentReader(parameters);
  } catch (error) {
    throw new TypeError(`parameters: ${describeError(error)}`, { cause: error });
  }
  if (result !== undefined) checkJsonata(result);
  const place = { adapter: 'x', tenant: 'x', conversation: 'x', person: 'x', personName: 'x', id: 'x', now: 'x' };
  toRequest({ ...place, args: sampleArguments(parameters, { all: true }) });
  try {
    toRequest({ ...place, args: sampleArguments(parameters, { all: false }) });
  } catch (error) {
    throw new TypeError(
      `${describeError(error)}: not every argument is required. Write {{ args.NAME | default: "" }}, or name it in parameters.required (${request.method} ${new URL(request.url.split('{{')[0] ?? '').host})`,
      { cause: error },
    );
  }
}
