import type { ProviderName } from '../../../src/provider-presets.ts';

/** What a provider answers, in its own words: as its documentation or its public source gives it. */
export interface Dialect {
  readonly preset: ProviderName;
  /** A stream of an answer that reads "It works." */
  readonly stream: readonly string[];
  readonly refusals: readonly Refusal[];
}

export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the operator reads. */
  readonly says: RegExp;
  readonly retryable: boolean;
}

const chunk = (delta: unknown, finish: string | null = null, more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;

const usual = [
  chunk({ role: 'assistant', content: 'It ' }),
  chunk({ content: 'works.' }),
  chunk({}, 'stop'),
  `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices: [], usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } })}\n\n`,
  'data: [DONE]\n\n',
];

const json = JSON.stringify;

export const dialects: readonly Dialect[] = [
  {
    preset: 'openai',
    stream: usual,
    refusals: [
      {
        status: 401,
        body: json({
          error: {
            message: 'Incorrect API key provided: sk-x.',
            type: 'invalid_request_error',
            param: null,
            code: 'invalid_api_key',
          },
        }),
        says: /refuses access\. Check model\.providers\.it\.apiKey/,
        retryable: false,
      },
    ],
  },
  {
    preset: 'azure',
    // The first frame carries what the content filter thinks of the prompt, and no choice.
    stream: [`data: ${json({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] })}\n\n`, ...usual],
    refusals: [
      {
        status: 404,
        body: json({ error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } }),
        says: /does not know the model m\. Check model\.providers\.it\.model.*DeploymentNotFound/s,
        retryable: false,
      },
      {
        status: 400,
        body: json({
          error: {
            message: 'The response was filtered.',
            code: 'content_filter',
            status: 400,
            innererror: { code: 'ResponsibleAIPolicyViolation' },
          },
        }),
        says: /withheld the answer/,
        retryable: false,
      },
    ],
  },
  {
    preset: 'anthropic',
    stream: usual,
    refusals: [
      {
        status: 529,
        body: json({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
        says: /failed to answer.*529.*Overloaded/s,
        retryable: true,
      },
    ],
  },
  {
    preset: 'gemini',
    stream: usual,
    refusals: [
      // A list with one error in it.
      {
        status: 429,
        body: json([{ error: { code: 429, message: 'You exceeded your current quota.', status: 'RESOURCE_EXHAUSTED' } }]),
        says: /limits the rate.*429/s,
        retryable: true,
      },
    ],
  },
  {
    preset: 'vertex',
    stream: usual,
    refusals: [
      {
        status: 403,
        body: json([{ error: { code: 403, message: 'Permission denied on project.', status: 'PERMISSION_DENIED' } }]),
        says: /refuses access/,
        retryable: false,
      },
    ],
  },
  {
    preset: 'bedrock',
    stream: usual,
    refusals: [
      {
        status: 429,
        body: json({ message: 'Too many tokens, please wait before trying again.' }),
        headers: { 'x-amzn-errortype': 'ThrottlingException' },
        says: /429/,
        retryable: true,
      },
    ],
  },
  {
    preset: 'sagemaker',
    stream: usual,
    refusals: [
      {
        status: 424,
        body: json({ ErrorCode: 'NO_SUCH_ENDPOINT', Message: 'The container failed.' }),
        says: /does not accept the request/,
        retryable: false,
      },
    ],
  },
  {
    preset: 'huggingface',
    stream: usual,
    refusals: [
      {
        status: 503,
        body: json({ error: 'Model m is currently loading', estimated_time: 20 }),
        says: /failed to answer/,
        retryable: true,
      },
    ],
  },
  {
    preset: 'mistral',
    stream: [
      chunk({ role: 'assistant', content: 'It ' }),
      chunk({ content: [{ type: 'text', text: 'works.' }] }),
      chunk({}, 'model_length'),
      'data: [DONE]\n\n',
    ],
    refusals: [
      {
        status: 422,
        body: json({
          object: 'error',
          message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'x'], msg: 'Extra inputs are not permitted' }] },
          type: 'invalid_request_error',
          param: null,
          code: null,
        }),
        says: /does not accept the request/,
        retryable: false,
      },
    ],
  },
  {
    preset: 'groq',
    stream: [
      chunk({ role: 'assistant', content: 'It works.' }),
      chunk({}, 'stop', { x_groq: { usage: { prompt_tokens: 7, completion_tokens: 3 } } }),
      'data: [DONE]\n\n',
    ],
    refusals: [
      {
        status: 429,
        body: json({ error: { message: 'Rate limit reached for model m', type: 'tokens', code: 'rate_limit_exceeded' } }),
        headers: { 'retry-after': '7' },
        says: /limits the rate/,
        retryable: true,
      },
    ],
  },
  {
    preset: 'openrouter',
    stream: [': OPENROUTER PROCESSING\n\n', ': OPENROUTER PROCESSING\n\n', ...usual],
    refusals: [
      {
        status: 402,
        body: json({ error: { code: 402, message: 'Insufficient credits' } }),
        says: /no credit left/,
        retryable: false,
      },
      // The status was sent already: the error comes as a frame.
      {
        status: 200,
        body: `data: ${json({ id: 'c1', error: { code: 502, message: 'Provider disconnected' }, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] })}\n\n`,
        says: /Provider disconnected/,
        retryable: true,
      },
    ],
  },
  {
    preset: 'ollama',
    stream: usual,
    refusals: [
      {
        status: 404,
        body: json({
          error: { message: 'model "m" not found, try pulling it first', type: 'not_found_error', param: null, code: null },
        }),
        says: /does not know the model m/,
        retryable: false,
      },
    ],
  },
  {
    preset: 'vllm',
    stream: usual,
    refusals: [
      {
        status: 400,
        body: json({
          object: 'error',
          message: "This model's maximum context length is 4096 tokens.",
          type: 'BadRequestError',
          param: null,
          code: 400,
        }),
        says: /too long/,
        retryable: false,
      },
    ],
  },
  {
    preset: 'lmstudio',
    stream: usual,
    refusals: [
      {
        status: 400,
        body: json({ error: 'The model has crashed without additional information.' }),
        says: /does not accept/,
        retryable: false,
      },
    ],
  },
  {
    preset: 'llamacpp',
    stream: usual,
    refusals: [
      {
        status: 503,
        body: json({ error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }),
        says: /failed to answer.*Loading model/s,
        retryable: true,
      },
      {
        status: 400,
        body: json({
          error: { code: 400, message: 'the request exceeds the available context size', type: 'exceed_context_size_error' },
        }),
        says: /too long/,
        retryable: false,
      },
    ],
  },
];
