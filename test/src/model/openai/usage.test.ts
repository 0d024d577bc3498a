import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCompletion } from '../../../../src/model/openai/completion.ts';
import { openAiSettings } from '../../../../src/model/openai/failure.ts';

const endpoint = { host: 'api.openai.com', model: 'm', settings: openAiSettings, apiKey: undefined };

function usageOf(usage: object) {
  const completion = createCompletion(endpoint, false);
  completion.add(JSON.stringify({ choices: [{ message: { content: 'Yes.' }, finish_reason: 'stop' }], usage }));
  return completion.outcome().usage;
}

test('the endpoint says how much of the input it had kept from before, or does not', () => {
  const counts = { prompt_tokens: 2_000, completion_tokens: 9 };
  const known = { inputTokens: 2_000, outputTokens: 9, estimated: false };

  const said = usageOf({ ...counts, prompt_tokens_details: { cached_tokens: 1_024 } });
  const unsaid = [
    usageOf(counts),
    usageOf({ ...counts, prompt_tokens_details: null }),
    usageOf({ ...counts, prompt_tokens_details: { cached_tokens: -1 } }),
  ];

  assert.deepEqual(said, { ...known, cachedTokens: 1_024 });
  assert.deepEqual(unsaid, [known, known, known]);
});
