import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/clock.ts';
import { createEmbeddingBehaviour, embed, type EmbeddingBehaviour, type EmbeddingRequest } from './openai-emulator-embeddings.ts';
import { type ModelFault, toRefusal } from './openai-emulator-faults.ts';
import { readBody, sendJson, sendRaw } from './openai-emulator-http.ts';
import {
  type ChatAnswer,
  type ChatRequest,
  limitAnswer,
  parseChat,
  parseModeration,
  refuseKey,
  toCallDelta,
  toChunk,
  toCompletion,
  toError,
  toModelList,
  toModeration,
  toTokens,
  toUsage,
} from './openai-emulator-protocol.ts';

export type CallPhase = 'request' | 'firstToken' | 'midStream' | 'done';

export interface EmulatedCall {
  /** 0-based, in order of arrival. */
  readonly index: number;
  /** ms since 1970. */
  readonly at: number;
  readonly request: ChatRequest;
  readonly headers: IncomingMessage['headers'];
  /** The client's: calls on the same connection have the same. */
  readonly port: number | undefined;
  /** `broken`: by a fault. `aborted`: the client went away, or the emulator stopped. */
  state: 'open' | 'answered' | 'broken' | 'aborted';
}

/** Can be changed at any time; counts from the next call. */
export interface OpenAiBehaviour {
  /** Echoes the last message by default. */
  answer: (request: ChatRequest, call: EmulatedCall) => string | ChatAnswer | Promise<string | ChatAnswer>;
  /** Until the first token. */
  latencyMs: number;
  /** Undefined: without a pause. */
  tokensPerSecond: number | undefined;
  /** Looks like a server that does not know how to stream. */
  ignoresStream: boolean;
  /** Looks like a server that refuses `stream_options`, or that ignores them. */
  usage: 'reported' | 'refused' | 'ignored';
  sendsDone: boolean;
  /** What a text is flagged for, with which score; nothing by default. */
  flag: (text: string) => Readonly<Record<string, number>> | undefined;
  /** What is said in every recording. */
  transcript: string;
  readonly embeddings: EmbeddingBehaviour;
  /** Awaited at each point of a call, before it goes on. */
  onCall: (phase: CallPhase, call: EmulatedCall) => void | Promise<void>;
}

export interface OpenAiEmulator {
  readonly behaviour: OpenAiBehaviour;
  readonly calls: readonly EmulatedCall[];
  /** What was to be embedded, call by call. */
  readonly embedded: readonly EmbeddingRequest[];
  /** `http://127.0.0.1:PORT/v1`, once it has started. */
  readonly baseUrl: string;
  /** The texts of each request for a verdict, refused ones included. */
  readonly moderated: readonly (readonly string[])[];
  /** The next requests for a verdict meet these faults. */
  failModeration(...faults: readonly ModelFault[]): void;
  /** The next calls meet these faults, one each, in this order. */
  fail(...faults: readonly ModelFault[]): void;
  start(port?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface OpenAiEmulatorOptions {
  readonly clock: Clock;
  /** Undefined: no key is asked for. */
  readonly apiKeys?: readonly string[];
  readonly models?: readonly string[];
}

/** Speaks OpenAI's Chat Completions API on the loopback interface. The same calls always get the same bytes. */
export function createOpenAiEmulator({ clock, apiKeys, models = ['gpt-5.4-mini'] }: OpenAiEmulatorOptions): OpenAiEmulator {
  const calls: EmulatedCall[] = [];
  const embedded: EmbeddingRequest[] = [];
  const faults: ModelFault[] = [];
  const moderated: (readonly string[])[] = [];
  const moderationFaults: ModelFault[] = [];
  const behaviour: OpenAiBehaviour = {
    answer: ({ messages }) => `You said: ${messages.at(-1)?.content ?? ''}`,
    latencyMs: 0,
    tokensPerSecond: undefined,
    ignoresStream: false,
    usage: 'reported',
    sendsDone: true,
    flag: () => undefined,
    transcript: '',
    embeddings: createEmbeddingBehaviour(),
    onCall: () => undefined,
  };
  let port = 0;
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  // Between two calls a client keeps its connection for longer than Node's 5 s; a close at that moment would look like a fault.
  server.keepAliveTimeout = 120_000;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const refused = refuseKey(request.headers.authorization, apiKeys);
    if (refused) return sendJson(response, 401, refused);
    // The model has to be named, and the recording to be there: https://platform.openai.com/docs/api-reference/audio/createTranscription.
    if (request.method === 'POST' && request.url === '/v1/audio/transcriptions') {
      const isWhole = /name="model"/.test(body) && /name="file"; filename="/.test(body);
      return isWhole
        ? sendJson(response, 200, { text: behaviour.transcript })
        : sendJson(response, 400, toError('file and model are required'));
    }
    if (request.method === 'POST' && request.url === '/v1/moderations') {
      const input = parseModeration(body);
      if (typeof input === 'string') return sendJson(response, 400, toError(input));
      moderated.push(input);
      const fault = moderationFaults.shift();
      return fault ? refuseBeforeAnswer(fault, response) : sendJson(response, 200, toModeration(input, behaviour.flag));
    }
    if (request.method === 'POST' && request.url === '/v1/embeddings') {
      const wanted = JSON.parse(body) as EmbeddingRequest; // `embed` looks at its fields
      embedded.push(wanted);
      const fault = faults.shift();
      if (fault && failBeforeAnswer(fault, response)) return undefined;
      const { status, body: answer } = embed(wanted, behaviour.embeddings);
      return sendJson(response, status, answer);
    }
    if (request.method === 'GET' && request.url === '/v1/models') return sendJson(response, 200, toModelList(models));
    if (request.method !== 'POST' || request.url !== '/v1/chat/completions') {
      return sendJson(response, 404, toError(`Invalid URL (${request.method} ${request.url})`, { code: null }));
    }
    const chat = parseChat(body);
    if (typeof chat === 'string') return sendJson(response, 400, toError(chat));
    const { headers, socket } = request;
    const call: EmulatedCall = {
      index: calls.length,
      at: clock.now(),
      request: chat,
      headers,
      port: socket.remotePort,
      state: 'open',
    };
    calls.push(call);
    const gone = new AbortController();
    response.once('close', () => {
      if (call.state === 'open') call.state = 'aborted';
      gone.abort(new Error('the client went away'));
    });
    try {
      await answerCall({ call, response, clock, behaviour, fault: faults.shift(), models, signal: gone.signal });
    } catch (error) {
      if (!gone.signal.aborted) throw error;
    }
  }

  return {
    behaviour,
    calls,
    embedded,
    get baseUrl() {
      return `http://127.0.0.1:${port}/v1`;
    },
    moderated,
    failModeration: (...next) => void moderationFaults.push(...next),
    fail: (...next) => void faults.push(...next),
    start: async (wanted = 0) => {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(wanted, '127.0.0.1', resolve);
      });
      port = (server.address() as AddressInfo).port; // a TCP server's address is never a path
    },
    stop: async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface CallContext {
  readonly call: EmulatedCall;
  readonly response: ServerResponse;
  readonly clock: Clock;
  readonly behaviour: OpenAiBehaviour;
  readonly fault: ModelFault | undefined;
  readonly models: readonly string[];
  readonly signal: AbortSignal;
}

async function answerCall(context: CallContext): Promise<void> {
  const { call, response, clock, behaviour, fault, models, signal } = context;
  const { request } = call;
  await behaviour.onCall('request', call);
  if (fault && failBeforeAnswer(fault, response, call)) return;
  if (!models.includes(request.model)) {
    call.state = 'broken';
    const message = `The model \`${request.model}\` does not exist or you do not have access to it.`;
    return sendJson(response, 404, toError(message, { code: 'model_not_found' }));
  }
  if (behaviour.usage === 'refused' && request.stream_options) {
    call.state = 'broken';
    return sendJson(response, 400, toError('Unrecognized request argument supplied: stream_options'));
  }
  const given = await behaviour.answer(request, call);
  if (behaviour.latencyMs > 0) await clock.sleep(behaviour.latencyMs, signal);
  const answer = limitAnswer(typeof given === 'string' ? { text: given } : given, request);
  if (request.stream && !behaviour.ignoresStream) return streamAnswer(context, answer);
  call.state = 'answered';
  sendJson(response, 200, toCompletion(call, answer));
  return behaviour.onCall('done', call);
}

/** True when the call is over, or never will be. */
function failBeforeAnswer(fault: ModelFault, response: ServerResponse, call?: EmulatedCall): boolean {
  if ('after' in fault) return false;
  if (fault.type === 'silence') return true;
  if (call) call.state = 'broken';
  refuseBeforeAnswer(fault, response);
  return true;
}

function refuseBeforeAnswer(fault: ModelFault, response: ServerResponse): void {
  const refusal = toRefusal(fault);
  if (refusal) {
    if (fault.type === 'rate_limit' && fault.retryAfterSeconds !== undefined)
      response.setHeader('retry-after', fault.retryAfterSeconds);
    sendJson(response, refusal.status, refusal.body);
  }
  if (fault.type === 'status') response.writeHead(fault.status, fault.headers).end(fault.body);
  if (fault.type === 'reset') response.socket?.resetAndDestroy();
  if (fault.type === 'raw') void sendRaw(response, fault);
}

async function streamAnswer({ call, response, clock, behaviour, fault, signal }: CallContext, answer: ChatAnswer): Promise<void> {
  const tokens = toTokens(answer.text);
  const breakAt = fault && 'after' in fault ? Math.min(fault.after, tokens.length) : tokens.length;
  const pauseMs = behaviour.tokensPerSecond ? 1_000 / behaviour.tokensPerSecond : 0;
  const halfway = Math.floor(tokens.length / 2);
  const withUsage = call.request.stream_options?.include_usage === true && behaviour.usage === 'reported';
  const send = (choices: readonly object[], usage: object | null = null): void => {
    response.write(`data: ${JSON.stringify({ ...toChunk(call, choices), ...(withUsage && { usage }) })}\n\n`);
  };
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  send([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]);
  for (const [position, content] of tokens.slice(0, breakAt).entries()) {
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    send([{ index: 0, delta: { content }, finish_reason: null }]);
    if (position === 0) await behaviour.onCall('firstToken', call);
    if (position === halfway) await behaviour.onCall('midStream', call);
  }
  if (fault?.type === 'stall') return;
  if (fault && 'after' in fault) {
    call.state = 'broken';
    return breakStream(fault, response);
  }
  const calls = toCallDelta(answer);
  if (calls) send([{ index: 0, delta: calls, finish_reason: null }]);
  send([{ index: 0, delta: {}, finish_reason: answer.finishReason ?? 'stop' }]);
  if (withUsage) send([], toUsage(call.request, answer.text));
  call.state = 'answered';
  response.end(behaviour.sendsDone ? 'data: [DONE]\n\n' : '');
  await behaviour.onCall('done', call);
}

function breakStream(fault: ModelFault & { after: number }, response: ServerResponse): void {
  if (fault.type === 'cut') response.end();
  // After what has been written before has gone out.
  if (fault.type === 'disconnect') setImmediate(() => response.destroy());
  if (fault.type === 'malformed_frame') response.end('data: {"choices": [{"delta"\n\n');
  if (fault.type === 'error_frame') {
    const { error = { message: 'The server had an error', type: 'server_error', code: null } } = fault;
    response.end(`data: ${JSON.stringify({ error })}\n\n`);
  }
}
