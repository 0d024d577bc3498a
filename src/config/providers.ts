import { z } from 'zod';
import { providerNames } from '../provider-presets.ts';
import { answerLimits } from './answer-limits.ts';
import { count, secretText, setting, text, url } from './setting.ts';

const reservedProviders = ['auto', 'builtin', 'openai'];

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must have 1 to 40 of a-z, 0-9, _ and -')
  .refine((value) => !reservedProviders.includes(value), `must not be one of ${reservedProviders.join(', ')}`);

const gap = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must hold letters, digits, ".", "_" and "-" only');

const provider = z.strictObject({
  preset: setting(z.enum(providerNames), {
    description:
      'Whose endpoint it is: where it is and how it differs is known then. custom: any other that speaks the Chat Completions API, at baseUrl.',
    example: 'anthropic',
  }),
  model: setting(text.default(''), {
    description: 'Name of the model, as the provider knows it (for azure the name of the deployment).',
    example: 'claude-sonnet-5',
  }),
  apiKey: setting(secretText.optional(), {
    secret: true,
    description: 'Key or token. It is sent to this provider alone.',
    example: '${ANTHROPIC_API_KEY}',
  }),
  tokenCommand: setting(z.array(z.string().min(1)).min(1).optional(), {
    description: 'In place of a key: a program and its arguments that print a token which lasts for a while. No shell reads it.',
    example: '[gcloud, auth, print-access-token]',
  }),
  tokenMinutes: setting(z.number().positive().max(1440).default(45), {
    description: 'How long such a token is used. One that the provider refuses is replaced at once.',
    example: '45',
  }),
  baseUrl: setting(url.optional(), {
    description: 'Address of the endpoint, in place of the one that the preset knows.',
    example: 'https://llm.example.com/v1',
  }),
  resource: setting(gap.optional(), { description: 'azure: name of the resource.', example: 'my-resource' }),
  region: setting(gap.optional(), { description: 'vertex, bedrock, sagemaker: the region.', example: 'eu-central-1' }),
  project: setting(gap.optional(), { description: 'vertex: id of the project.', example: 'my-project' }),
  endpoint: setting(gap.optional(), { description: 'sagemaker: name of the endpoint.', example: 'my-endpoint' }),
  headers: setting(
    z.array(z.string().regex(/^[A-Za-z0-9-]+:[ \t]*\S[^\r\n]*$/, 'must hold headers, as in Name: value')).default([]),
    {
      secret: true,
      description: 'Headers that the provider asks for beside the key.',
      example: '[ "anthropic-workspace-id: wrkspc_123" ]',
    },
  ),
  ...answerLimits('as the preset knows it'),
  concurrency: setting(count.max(10_000).optional(), {
    description:
      'How many answers this provider makes at once at most; further ones wait. A local model rarely takes more than a few.',
    example: '4',
  }),
});

/** AI providers by the names that the operator gives them. */
export const providers = z.record(name, provider).default({});
export type ProviderSettings = z.output<typeof provider>;
