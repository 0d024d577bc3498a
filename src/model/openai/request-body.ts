import type { ModelMessage, ModelRequest, ToolCall } from '../model.ts';
import { withoutTools } from '../without-tools.ts';

export interface BodyOptions {
  readonly model: string;
  readonly maxOutputTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly maxTokensParam?: string | undefined;
}

export interface Speaks {
  readonly host: string;
  /** Whether the endpoint reports usage in streams, and takes tools: as far as it is known. */
  readonly usage: boolean;
  readonly tools: boolean;
}

/** What is sent to Chat Completions, as https://platform.openai.com/docs/api-reference/chat/create has it. */
export function toBody(request: ModelRequest, options: BodyOptions, { host, usage, tools }: Speaks): string {
  const { model, temperature, maxOutputTokens, maxTokensParam = 'max_completion_tokens' } = options;
  const chat = request.tools && !tools ? withoutTools(request) : request;
  const messages: object[] = chat.system === '' ? [] : [{ role: 'system', content: chat.system }];
  for (const message of chat.messages) messages.push(toMessage(message, host));
  return JSON.stringify({
    model,
    messages,
    ...(chat.tools && toToolFields(chat)),
    stream: true,
    stream_options: usage ? { include_usage: true } : undefined,
    temperature,
    [maxTokensParam]: maxOutputTokens,
  });
}

function toToolFields({ tools = [], answersNow }: ModelRequest): object {
  const offered = tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters },
  }));
  // Leaving the tools out would be refused where the messages hold calls of them.
  return { tools: offered, ...(answersNow ? { tool_choice: 'none' } : {}) };
}

function toMessage(message: ModelMessage, host: string): object {
  const { role, text, calls, callId } = message;
  if (role === 'tool') return { role, tool_call_id: callId, content: text };
  if (calls) return { role, content: text === '' ? null : text, tool_calls: calls.map((call) => toCall(call, host)) };
  return { role, content: message.images ? toParts(message) : text };
}

function toCall({ id, name, arguments: given, echo }: ToolCall, host: string): object {
  const extra = echo?.host === host ? { extra_content: echo.content } : {};
  return { id, type: 'function', function: { name, arguments: given }, ...extra };
}

/** As https://platform.openai.com/docs/guides/images-vision has it. */
function toParts({ text, images = [] }: ModelMessage): readonly object[] {
  const urls = images.map(({ mimeType, base64 }) => `data:${mimeType};base64,${base64}`);
  return [{ type: 'text', text }, ...urls.map((url) => ({ type: 'image_url', image_url: { url } }))];
}
