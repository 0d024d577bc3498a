import { z } from 'zod';
import { count, setting } from './setting.ts';

/** What every endpoint is asked with. The note says which name of the output limit stands in where none is set. */
export function answerLimits(maxTokensParamNote: string) {
  return {
    temperature: setting(z.number().min(0).max(2).optional(), {
      description: 'Sampling temperature. Left out of the request when not set: some models refuse it.',
      example: '0.3',
    }),
    maxOutputTokens: setting(count.max(1_000_000).optional(), {
      description: 'Longest answer, in tokens. Left to the endpoint when not set.',
      example: '1000',
    }),
    maxTokensParam: setting(z.enum(['max_completion_tokens', 'max_tokens']).optional(), {
      description: 'The name under which the endpoint knows that limit.',
      example: 'max_tokens',
      defaultNote: maxTokensParamNote,
    }),
    tools: setting(z.boolean().optional(), {
      description: 'Whether the model is offered tools (see tools). One that its endpoint refuses them for is asked without.',
      example: 'true',
      defaultNote:
        'true, but false for the presets vllm, llamacpp and sagemaker, which take tools only when they are started for it',
    }),
    requestsPerMinute: setting(count.max(1_000_000).optional(), {
      description:
        'How many requests it is sent in a minute at most; further ones wait. What it says itself of its rate is kept to in any case.',
      example: '60',
    }),
    tokensPerMinute: setting(count.max(1_000_000_000).optional(), {
      description: 'How many tokens, of questions and answers, it is asked for in a minute at most; further requests wait.',
      example: '100000',
    }),
    idleTimeoutSeconds: setting(z.number().positive().max(600).default(30), {
      description: 'How long a model may send nothing before the attempt counts as failed.',
      example: '30',
    }),
    timeoutSeconds: setting(z.number().positive().max(3600).default(120), {
      description: 'How long one answer may take in all.',
      example: '120',
    }),
  };
}
