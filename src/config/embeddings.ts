import { z } from 'zod';
import { count, setting, text } from './setting.ts';

export const embeddings = z
  .strictObject({
    provider: setting(text.optional(), {
      description:
        'Who makes vectors of the documents, so that they are found by what they mean: openai or one of model.providers.',
      example: 'openai',
      defaultNote: 'simple ones of Parley itself, which find misspelt words and other forms of a word',
    }),
    model: setting(text.default(''), {
      description: 'Name of the model for embeddings, as the provider knows it. Another one makes all vectors anew.',
      example: 'text-embedding-3-small',
    }),
    dimensions: setting(count.max(16_384).optional(), {
      description: 'How many numbers a vector has, for models that can be asked for fewer: less memory, a little less accurate.',
      example: '512',
      defaultNote: 'as the model makes them',
    }),
    batchSize: setting(count.max(2_048).default(64), {
      description: 'How many passages are sent in one request.',
      example: '32',
    }),
    maxInputTokens: setting(count.min(16).max(100_000).default(8_000), {
      description: 'Longer texts are cut before they are sent. Small local models often take 512.',
      example: '512',
    }),
    minSimilarity: setting(z.number().min(-1).max(1).default(0.45), {
      description:
        'How near a passage must be to a question to be an answer, as a cosine. Each model has a scale of its own: npm run recall measures it.',
      example: '0.4',
    }),
  })
  .prefault({});
