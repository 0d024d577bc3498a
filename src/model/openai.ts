import type { ClientOptions } from 'openai';
import type { Clock } from '../clock.ts';
import { describeError, ModelError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Model, ModelRequest, ModelUsage } from './model.ts';
import { type AnswerReader, createAnswerReader } from './openai/answer.ts';
import { type BodyReader, openBody } from './openai/body.ts';
import { type Call, createCall } from './openai/call.ts';
import { checkEndpoint, type Send } from './openai/check.ts';
import {
  type Endpoint,
  type EndpointSettings,
  openAiSettings,
  toConnectionError,
  toFailure,
  toModelError,
} from './openai/failure.ts';
import { toBody } from './openai/request-body.ts';
import type { TokenSource } from './openai/token-command.ts';
import { createRateGate, type Pass, type RateSettings } from './rate/rate-gate.ts';
import { countRequest, countTokens } from './tokens.ts';

export interface OpenAiModelOptions {
  /** For the endpoint at `baseUrl`, and sent nowhere else. Undefined for an endpoint that asks for none. */
  readonly apiKey: string | undefined;
  /** In place of the key: a credential that changes. */
  readonly tokens?: TokenSource | undefined;
  /** Sent with every request, for what the endpoint asks beside the key. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly baseUrl: string;
  readonly model: string;
  readonly fetch?: ClientOptions['fetch'] | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the endpoint may send nothing. 30 s by default. */
  readonly idleTimeoutMs?: number | undefined;
  /** How long one answer may take in all. 120 s by default. */
  readonly timeoutMs?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  /** What may be asked of it in a minute, beside what it says itself. */
  readonly rate?: Partial<RateSettings> | undefined;
  readonly temperature?: number | undefined;
  /** Whether it takes tools. It does by default, until the endpoint says that it does not. */
  readonly tools?: boolean | undefined;
  /** The name under which the endpoint knows the output limit. */
  readonly maxTokensParam?: 'max_completion_tokens' | 'max_tokens' | undefined;
  /** How the operator knows these options, for messages. Those of `model.openai` by default. */
  readonly settings?: EndpointSettings | undefined;
  /** What the model is called in logs and in the ledger. By default the host (`openai` for OpenAI's) and the model. */
  readonly name?: string | undefined;
}

/** Where nothing bounds an answer: what it takes at most, mostly. */
const usualAnswerTokens = 1_000;
/** As long as people wait without a word. */
const usualPatienceMs = 60_000;

/** Once an answer is finished, the usage and the end of the stream follow at once or not at all. */
const afterFinishMs = 2_000;
/** After the very last frame only the end of the body is waited for: a connection that is read to its end can be used again. */
const afterCloseMs = 50;

/**
 * Any endpoint that speaks Chat Completions, by the official SDK. Loads the SDK, which takes about 0.2 s, so that the first
 * answer does not have to.
 */
export async function createOpenAiModel(options: OpenAiModelOptions): Promise<Model> {
  const { clock, model, tokens, tools = true, settings = openAiSettings, idleTimeoutMs = 30_000, timeoutMs = 120_000 } = options;
  const { host } = new URL(options.baseUrl);
  const endpoint: Endpoint = {
    ...{ host, model, settings },
    get apiKey() {
      return tokens ? tokens.newest : options.apiKey;
    },
  };
  const name = options.name ?? `${host === 'api.openai.com' ? 'openai' : host} ${model}`;
  const send = await createSend(options, timeoutMs);
  const requestAnswer = createAnswerRequest(options, send);

  const limits = { clock, host, section: settings.section, idleTimeoutMs, timeoutMs };
  const gate = createRateGate({ patienceMs: usualPatienceMs, ...options.rate, clock, host });
  const toCount = (chat: ModelRequest): number => countRequest(chat) + (options.maxOutputTokens ?? usualAnswerTokens);
  const openCall = (signal: AbortSignal): Call => createCall(limits, signal);

  return {
    ...{ name, takesTools: tools, answerTokens: options.maxOutputTokens },
    /** One text event for each chunk of the body, however many frames it holds: every event costs several turns of the event loop. */
    async *generate(chat, signal) {
      signal.throwIfAborted();
      const pass = await gate.enter(() => toCount(chat), signal);
      const call = openCall(signal);
      let body: BodyReader | undefined;
      let used: ModelUsage | undefined;
      try {
        const response = await requestAnswer(chat, call);
        pass.learn(response.headers);
        call.touch();
        body = openBody(response.body);
        const answer = toReader(response, { chat, endpoint });
        let written = '';
        for (let isLast = false; !isLast;) {
          const piece = await readPiece(answer, body, call);
          isLast = piece.isLast;
          written += piece.text;
          if (piece.text !== '') yield { type: 'text', text: piece.text };
        }
        signal.throwIfAborted();
        const { finishReason, calls, usage = estimateUsage(chat, written) } = answer.completion.outcome();
        for (const wanted of calls) yield { type: 'call', call: wanted };
        used = usage;
        yield { type: 'done', finishReason, usage };
      } catch (error) {
        signal.throwIfAborted();
        learnFrom(error, pass);
        const failure = toError(error, endpoint, clock);
        if (failure.retryAfterMs !== undefined) gate.pause(failure.retryAfterMs);
        throw failure;
      } finally {
        body?.cancel();
        call.close();
        pass.end(used && used.inputTokens + used.outputTokens);
      }
    },
    check: createCheck({ send, endpoint, smallRequest: toSmallRequest(options) }, { openCall, clock }),
  };
}

interface CheckMeans {
  readonly openCall: (signal: AbortSignal) => Call;
  readonly clock: Clock;
}

function createCheck(what: Parameters<typeof checkEndpoint>[0], { openCall, clock }: CheckMeans): Model['check'] {
  return async (signal) => {
    const call = openCall(signal);
    try {
      return await checkEndpoint(what, call);
    } catch (error) {
      signal.throwIfAborted();
      throw toError(error, what.endpoint, clock);
    } finally {
      call.close();
    }
  };
}

/**
 * The SDK takes from the environment whatever it is not given, and would send OpenAI's key and organization to any other
 * endpoint: so it is given everything. It is asked for the raw response: its own stream reader costs four times as much, and ends
 * without an error when it is aborted or cut off.
 */
export async function createSend(options: OpenAiModelOptions, timeoutMs: number): Promise<Send> {
  const { apiKey, tokens, headers: own, baseUrl, fetch = globalThis.fetch } = options;
  const { OpenAI } = await import('openai');
  const client = new OpenAI({
    apiKey: tokens ? () => tokens.get() : apiKey || 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: baseUrl,
    maxRetries: 0,
    // The call's own limit ends it earlier; this one only looks after requests that nobody waits for any more.
    timeout: timeoutMs + 1_000,
    logLevel: 'off',
    fetch: (url, init) => fetch(url, { ...init, signal: signalOf(init) }),
    defaultHeaders: { ...own, ...(!apiKey && !tokens && { Authorization: null }) },
  });
  const headers = { 'content-type': 'application/json' };
  const send: Send = ({ path, body }, call) => {
    const fetchOptions: CallSignal & ClientOptions['fetchOptions'] = { callSignal: call.signal };
    const request =
      body === undefined ? client.get(path, { fetchOptions }) : client.post(path, { body, headers, fetchOptions, stream: true });
    return call.wait(request.asResponse());
  };
  return tokens ? withFreshToken(send, tokens) : send;
}

/**
 * The signal of a call goes past the SDK, which would join it with its own by AbortSignal.any: V8 does not collect such a signal with the young
 * garbage, nor what hangs on it, that is the request and the whole response.
 */
interface CallSignal {
  readonly callSignal?: AbortSignal;
}

function signalOf(init: RequestInit & CallSignal = {}): AbortSignal | null {
  return init.callSignal ?? init.signal ?? null;
}

/** A token may end before its time: the endpoint is asked once more, with another one. */
function withFreshToken(send: Send, tokens: TokenSource): Send {
  return async (request, call) => {
    const used = await call.wait(tokens.get());
    try {
      return await send(request, call);
    } catch (error) {
      if (!(error instanceof Error) || toFailure(error).status !== 401) throw error;
      tokens.refuse(used);
      return send(request, call);
    }
  };
}

/** Asks for an answer as a stream, with its usage and with tools unless the endpoint has once refused those. */
function createAnswerRequest(options: OpenAiModelOptions, send: Send) {
  const { log, model } = options;
  const { host } = new URL(options.baseUrl);
  const speaks = { host, usage: true, tools: options.tools ?? true };
  return async function requestAnswer(chat: ModelRequest, call: Call): Promise<Response> {
    try {
      return await send({ path: '/chat/completions', body: toBody(chat, options, speaks) }, call);
    } catch (error) {
      if (speaks.usage && refuses(error, /stream_options|include_usage/)) {
        log.info('model endpoint does not report usage in streams: tokens will be counted here', { model });
        speaks.usage = false;
      } else if (speaks.tools && chat.tools && refuses(error, refusesTools)) {
        log.warn('model endpoint takes no tools: it will be asked without them', { model, error: describeError(error) });
        speaks.tools = false;
      } else {
        throw error;
      }
      return requestAnswer(chat, call);
    }
  };
}

/** In the words of Ollama, vLLM, OpenRouter and llama.cpp. */
const refusesTools = /does not support (?:tools|function)|support tool use|enable-auto-tool-choice|--jinja/i;

function refuses(error: unknown, what: RegExp): boolean {
  if (!(error instanceof Error)) return false;
  const { status = 0, detail = '' } = toFailure(error);
  return [400, 404, 422, 500].includes(status) && what.test(detail);
}

function toReader({ headers }: Response, { chat, endpoint }: { chat: ModelRequest; endpoint: Endpoint }): AnswerReader {
  const offersTools = chat.tools !== undefined && !chat.answersNow;
  return createAnswerReader(headers.get('content-type') ?? '', endpoint, { offersTools });
}

interface Piece {
  readonly text: string;
  readonly isLast: boolean;
}

/** What the next chunk of the body says, or its end. */
async function readPiece(answer: AnswerReader, body: BodyReader, call: Call): Promise<Piece> {
  const { completion } = answer;
  const { finished, closed } = completion;
  try {
    const chunk = await call.wait(body.read());
    call.touch();
    const text = chunk ? answer.push(chunk) : answer.end();
    if (!closed && completion.closed) call.limitIdle(afterCloseMs);
    else if (!finished && completion.finished) call.limitIdle(afterFinishMs);
    return { text, isLast: chunk === undefined };
  } catch (error) {
    // The answer is complete already: how the connection ends does not matter.
    if (finished) return { text: '', isLast: true };
    throw error;
  }
}

/** A refusal says what is left, too. */
function learnFrom(error: unknown, pass: Pass): void {
  const { headers } = toFailure(error);
  if (headers) pass.learn(headers);
}

function toSmallRequest({ model, maxTokensParam = 'max_completion_tokens' }: OpenAiModelOptions): string {
  return JSON.stringify({ model, messages: [{ role: 'user', content: 'Say hello.' }], [maxTokensParam]: 16 });
}

function estimateUsage(request: ModelRequest, written: string): ModelUsage {
  return { inputTokens: countRequest(request), outputTokens: countTokens(written), estimated: true };
}

function toError(error: unknown, endpoint: Endpoint, clock: Clock): ModelError {
  if (error instanceof ModelError) return error;
  const failure = toFailure(error, clock);
  return failure.status === undefined ? toConnectionError(error, endpoint) : toModelError(failure, endpoint);
}
