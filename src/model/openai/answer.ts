import { ModelError } from '../../errors.ts';
import { type Completion, createCompletion, toStreamError } from './completion.ts';
import type { Endpoint } from './failure.ts';
import { createSseReader } from './sse.ts';

/** Turns the bytes of a response into the texts of an answer. */
export interface AnswerReader {
  readonly completion: Completion;
  /** The text that the chunk adds: all of its frames together, or nothing yet. */
  push(chunk: Uint8Array): string;
  /** The text that was still unfinished when the body ended. */
  end(): string;
}

const maxBodyLength = 16 * 1024 * 1024;

/** Reads a stream of events, or the plain JSON of a server that does not stream. Throws a ModelError for a response that is neither. */
export function createAnswerReader(
  contentType: string,
  endpoint: Endpoint,
  { offersTools }: { offersTools: boolean },
): AnswerReader {
  const completion = createCompletion(endpoint, offersTools);
  if (contentType.includes('text/html')) {
    const message = `${endpoint.host} sent a web page in place of an answer: ${endpoint.settings.baseUrl} does not lead to a Chat Completions endpoint (most end in /v1).`;
    throw new ModelError({ message, retryable: false });
  }
  if (contentType.includes('json')) return createJsonAnswer(completion, endpoint);
  return createStreamedAnswer(completion, endpoint);
}

function createStreamedAnswer(completion: Completion, endpoint: Endpoint): AnswerReader {
  let text = '';
  const reader = createSseReader(({ data, type }) => {
    if (type === 'error') throw toStreamError(data, endpoint);
    text += completion.add(data);
  });
  const take = (): string => {
    const taken = text;
    text = '';
    return taken;
  };
  return {
    completion,
    push: (chunk) => {
      reader.push(chunk);
      return take();
    },
    end: () => {
      reader.end();
      return take();
    },
  };
}

function createJsonAnswer(completion: Completion, { host }: Endpoint): AnswerReader {
  const decoder = new TextDecoder();
  let body = '';
  return {
    completion,
    push: (chunk) => {
      body += decoder.decode(chunk, { stream: true });
      if (body.length > maxBodyLength)
        throw new ModelError({ message: `${host} sent an answer of more than ${maxBodyLength} characters.`, retryable: false });
      return '';
    },
    end: () => completion.add(body + decoder.decode()),
  };
}
