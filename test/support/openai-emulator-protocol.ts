export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly temperature?: number;
}

export interface ChatAnswer {
  readonly text: string;
  readonly finishReason?: string;
  /** Tools that are to be called: `finishReason` is `tool_calls` then. */
  readonly calls?: readonly { readonly name: string; readonly arguments: string }[];
}

/** What the envelope of an answer is made of. */
interface CallId {
  readonly index: number;
  readonly at: number;
  readonly request: ChatRequest;
}

export function limitAnswer(answer: ChatAnswer, request: ChatRequest): ChatAnswer {
  const tokens = toTokens(answer.text);
  const most = request.max_completion_tokens ?? request.max_tokens ?? tokens.length;
  return tokens.length <= most ? answer : { text: tokens.slice(0, most).join(''), finishReason: 'length' };
}

/** A token is a word with the white space around it: near enough, and its own text can be told from the stream. */
export function toTokens(text: string): readonly string[] {
  return text.match(/\s*\S+\s*/gu) ?? (text === '' ? [] : [text]);
}

export function toUsage(
  request: ChatRequest,
  text: string,
): { prompt_tokens: number; completion_tokens: number; total_tokens: number } {
  const prompt = request.messages.reduce(
    (sum, { content }) => sum + toTokens(typeof content === 'string' ? content : JSON.stringify(content)).length,
    0,
  );
  const completion = toTokens(text).length;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

export function toChunk(call: CallId, choices: readonly object[]): object {
  const created = Math.floor(call.at / 1000);
  return { id: `chatcmpl-${call.index}`, object: 'chat.completion.chunk', created, model: call.request.model, choices };
}

export function toCompletion(call: CallId, { text, finishReason = 'stop' }: ChatAnswer): object {
  const message = { role: 'assistant', content: text, refusal: null };
  return {
    id: `chatcmpl-${call.index}`,
    object: 'chat.completion',
    created: Math.floor(call.at / 1000),
    model: call.request.model,
    choices: [{ index: 0, message, finish_reason: finishReason }],
    usage: toUsage(call.request, text),
  };
}

/** As https://platform.openai.com/docs/api-reference/chat-streaming/streaming has them in a chunk. */
export function toCallDelta({ calls = [] }: ChatAnswer): object | undefined {
  if (calls.length === 0) return undefined;
  const toCall = (call: object, index: number): object => ({ index, id: `call_${index}`, type: 'function', function: call });
  return { tool_calls: calls.map(toCall) };
}

export function toModelList(models: readonly string[]): object {
  return { object: 'list', data: models.map((id) => ({ id, object: 'model', created: 1_760_000_000, owned_by: 'emulator' })) };
}

/** The request, or what is wrong with it. */
export function parseChat(body: string): ChatRequest | string {
  let chat: Partial<ChatRequest>;
  try {
    chat = JSON.parse(body) as Partial<ChatRequest>; // every field that is used is looked at below
  } catch {
    return 'We could not parse the JSON body of your request.';
  }
  if (typeof chat.model !== 'string') return 'you must provide a model parameter';
  if (!Array.isArray(chat.messages) || chat.messages.length === 0) return "Missing required parameter: 'messages'.";
  for (const [index, message] of chat.messages.entries()) {
    const { role, content } = message;
    if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(role))
      return `Invalid value: '${role}' in messages[${index}].role.`;
    // Who calls tools need not say anything: https://platform.openai.com/docs/api-reference/chat/create.
    if (role === 'assistant' && 'tool_calls' in message && (content ?? null) === null) continue;
    if (typeof content !== 'string' && !isParts(content)) return `Invalid type for 'messages[${index}].content'.`;
  }
  if (chat.stream_options && !chat.stream) return "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  return chat as ChatRequest; // as was just checked
}

/** The texts to be checked, or what is wrong with the request: https://platform.openai.com/docs/api-reference/moderations/create. */
export function parseModeration(body: string): readonly string[] | string {
  const { model, input } = JSON.parse(body) as { readonly model?: unknown; readonly input?: unknown };
  if (typeof model !== 'string') return 'you must provide a model parameter';
  const texts = Array.isArray(input) ? input : [input];
  const areTexts = texts.length > 0 && texts.every((text) => typeof text === 'string' && text !== '');
  return areTexts ? (texts as readonly string[]) : "Invalid type for 'input'."; // as was just checked
}

export function toModeration(
  texts: readonly string[],
  flag: (text: string) => Readonly<Record<string, number>> | undefined,
): object {
  const results = texts.map((text) => {
    const scores = flag(text) ?? {};
    const category_scores = { harassment: 0.01, violence: 0.01, ...scores };
    const categories = Object.fromEntries(Object.entries(category_scores).map(([name, score]) => [name, score >= 0.5]));
    return { flagged: Object.values(categories).some(Boolean), categories, category_scores };
  });
  return { id: 'modr-1', model: 'omni-moderation-latest', results };
}

export function refuseKey(authorization: string | undefined, apiKeys: readonly string[] | undefined): object | undefined {
  if (!apiKeys) return undefined;
  const key = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  if (key === undefined) return toError("You didn't provide an API key.", { code: null });
  return apiKeys.includes(key) ? undefined : toError(`Incorrect API key provided: ${key}.`, { code: 'invalid_api_key' });
}

export function toError(
  message: string,
  { type = 'invalid_request_error', code = null }: { type?: string; code?: string | null } = {},
): object {
  return { error: { message, type, param: null, code } };
}

/** Texts and images, as https://platform.openai.com/docs/guides/images-vision has them. */
function isParts(content: unknown): boolean {
  if (!Array.isArray(content) || content.length === 0) return false;
  return content.every((part: { type?: unknown; text?: unknown; image_url?: { url?: unknown } } | null) => {
    if (part?.type === 'text') return typeof part.text === 'string';
    const url = part?.image_url?.url;
    return (
      part?.type === 'image_url' && typeof url === 'string' && /^(?:https:|data:image\/(?:png|jpeg|gif|webp);base64,)/.test(url)
    );
  });
}
