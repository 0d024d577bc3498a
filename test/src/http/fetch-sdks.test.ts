import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { suite, test } from 'node:test';
import OpenAI, {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIUserAbortError,
  AuthenticationError,
  InternalServerError,
  RateLimitError,
} from 'openai';
import { webApi } from '@slack/bolt';
import { readText, sendJson, withFetch } from './loopback.ts';

const completion = {
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Grüße' } }],
};

function toChunk(content: string): string {
  return `data: ${JSON.stringify({ ...completion, choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
}

const question = { model: 'm', messages: [{ role: 'user' as const, content: 'Hallo' }] };

suite('the openai SDK on the thin fetch', () => {
  function withOpenAI(listener: RequestListener, use: (client: OpenAI) => Promise<void>) {
    return withFetch(listener, (fetch_, { url }) =>
      use(new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0, fetch: fetch_, logLevel: 'off' })),
    );
  }

  test('asks and reads an answer', async () => {
    const listener: RequestListener = (request, response) => {
      void readText(request).then((body) => {
        assert.equal(request.headers.authorization, 'Bearer k');
        assert.equal(request.headers['content-type'], 'application/json');
        assert.deepEqual(JSON.parse(body), question);
        sendJson(response, 200, completion);
      });
    };
    await withOpenAI(listener, async (client) => {
      const answer = await client.chat.completions.create(question);

      assert.equal(answer.choices[0]?.message.content, 'Grüße');
    });
  });

  test('tells refusals apart by status and reads their headers', async () => {
    const listener: RequestListener = (request, response) => {
      const status = Number(request.headers['x-status']);
      response.setHeader('retry-after', '7');
      sendJson(response, status, { error: { message: 'no', code: 'because' } });
    };
    await withOpenAI(listener, async (client) => {
      for (const [status, kind] of [
        [401, AuthenticationError],
        [429, RateLimitError],
        [500, InternalServerError],
      ] as const) {
        const failing = client.chat.completions.create(question, { headers: { 'x-status': String(status) } });

        await assert.rejects(failing, (error) => {
          assert.ok(error instanceof kind);
          assert.equal(error.headers?.get('retry-after'), '7');
          assert.equal(error.code, 'because');
          return true;
        });
      }
    });
  });

  test('asks again after a refusal when it may', async () => {
    let asked = 0;
    const listener: RequestListener = (_request, response) => {
      asked += 1;
      response.setHeader('retry-after-ms', '1');
      sendJson(response, asked === 1 ? 503 : 200, asked === 1 ? { error: 'x'.repeat(300_000) } : completion);
    };
    await withOpenAI(listener, async (client) => {
      await client.chat.completions.create(question, { maxRetries: 1 });

      assert.equal(asked, 2);
    });
  });

  test('streams an answer, whatever the pieces it comes in', async () => {
    const stream = Buffer.from(`${toChunk('Gr')}${toChunk('üße')}${toChunk(' 😀')}data: [DONE]\n\n`);
    const listener: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const write = (at: number): void => {
        if (at >= stream.length) response.end();
        else response.write(stream.subarray(at, at + 7), () => setImmediate(write, at + 7));
      };
      write(0);
    };
    await withOpenAI(listener, async (client) => {
      let text = '';
      for await (const chunk of await client.chat.completions.create({ ...question, stream: true }))
        text += chunk.choices[0]?.delta.content ?? '';
      const raw = await client.chat.completions.create({ ...question, stream: true }).asResponse();
      const pieces: Uint8Array[] = [];
      for await (const piece of raw.body ?? []) pieces.push(piece);

      assert.equal(text, 'Grüße 😀');
      assert.ok(Buffer.concat(pieces).equals(stream));
    });
  });

  test('stops when the caller aborts, before an answer and in the middle of one', async () => {
    let gone: Promise<unknown> | undefined;
    const arrived = Promise.withResolvers<void>();
    const listener: RequestListener = (request, response) => {
      gone = once(response, 'close');
      arrived.resolve();
      if (request.headers['x-stream']) response.writeHead(200, { 'content-type': 'text/event-stream' }).write(toChunk('one'));
    };
    await withOpenAI(listener, async (client) => {
      const early = new AbortController();
      const pending = client.chat.completions.create(question, { signal: early.signal });
      await Promise.race([arrived.promise, pending]);
      early.abort();
      await assert.rejects(pending, APIUserAbortError);
      await gone;

      const late = new AbortController();
      const stream = await client.chat.completions.create(
        { ...question, stream: true },
        { signal: late.signal, headers: { 'x-stream': '1' } },
      );
      let chunks = 0;
      for await (const chunk of stream) {
        chunks += chunk.choices.length;
        late.abort();
      }
      await gone;
      assert.equal(chunks, 1);
    });
  });

  test('reports a timeout and a lost connection as what they are', async () => {
    const listener: RequestListener = (request, response) => {
      if (request.headers['x-lose'] === 'head') response.destroy();
      if (request.headers['x-lose'] === 'body') {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(toChunk('one'), () => response.destroy());
      }
    };
    await withOpenAI(listener, async (client) => {
      await assert.rejects(client.chat.completions.create(question, { timeout: 30 }), APIConnectionTimeoutError);
      await assert.rejects(client.chat.completions.create(question, { headers: { 'x-lose': 'head' } }), APIConnectionError);
      const stream = await client.chat.completions.create({ ...question, stream: true }, { headers: { 'x-lose': 'body' } });
      await assert.rejects(async () => {
        for await (const chunk of stream) assert.ok(chunk);
      }, /terminated/);
    });
  });
});

suite('the Slack SDK on the thin fetch', () => {
  function withSlack(
    listener: RequestListener,
    use: (client: webApi.WebClient, posts: URLSearchParams[]) => Promise<void>,
    timeout = 0,
  ) {
    const posts: URLSearchParams[] = [];
    const recording: RequestListener = (request, response) => {
      void readText(request).then((body) => {
        posts.push(new URLSearchParams(body));
        listener(request, response);
      });
    };
    return withFetch(recording, (fetch_, { url }) =>
      use(
        new webApi.WebClient('xoxb-t', {
          slackApiUrl: `${url}/api/`,
          fetch: fetch_,
          timeout,
          retryConfig: { retries: 0 },
          rejectRateLimitedCalls: true,
          logger: silent,
        }),
        posts,
      ),
    );
  }

  const silent = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    setLevel: () => undefined,
    getLevel: () => 'error' as webApi.LogLevel, // Its own enum, by value.
    setName: () => undefined,
  };

  test('posts a message and reads what Slack says', async () => {
    const listener: RequestListener = (request, response) => {
      assert.equal(request.url, '/api/chat.postMessage');
      assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded');
      response.setHeader('x-oauth-scopes', 'chat:write, im:read');
      sendJson(response, 200, { ok: true, ts: '1.2' });
    };
    await withSlack(listener, async (client, posts) => {
      const result = await client.chat.postMessage({ channel: 'C1', text: 'Grüße & <mehr>' });

      assert.equal(result.ts, '1.2');
      assert.deepEqual(result.response_metadata?.scopes, ['chat:write', 'im:read']);
      assert.equal(posts[0]?.get('text'), 'Grüße & <mehr>');
    });
  });

  test('reports refusals, rate limits, wrong statuses and redirects each in its way', async () => {
    const listener: RequestListener = (request, response) => {
      if (request.url === '/api/auth.test') sendJson(response, 200, { ok: false, error: 'invalid_auth' });
      if (request.url === '/api/api.test') response.writeHead(429, { 'retry-after': '3' }).end();
      if (request.url === '/api/bots.info') response.writeHead(503, { 'x-why': 'busy' }).end('busy');
      if (request.url === '/api/team.info') response.writeHead(302, { location: 'https://example.com/' }).end();
      if (request.url === '/api/emoji.list') response.destroy();
    };
    await withSlack(listener, async (client) => {
      await assert.rejects(client.auth.test(), { code: 'slack_webapi_platform_error' });
      await assert.rejects(client.api.test(), { code: 'slack_webapi_rate_limited_error', retryAfter: 3 });
      await assert.rejects(client.bots.info(), (error: webApi.WebAPIHTTPError) => {
        assert.equal(error.statusCode, 503);
        assert.equal(error.headers['x-why'], 'busy');
        assert.equal(error.body, 'busy');
        return true;
      });
      await assert.rejects(client.team.info(), { code: 'slack_webapi_request_error' });
      await assert.rejects(client.emoji.list(), { code: 'slack_webapi_request_error' });
    });
  });

  test('gives up after its timeout', async () => {
    const listener: RequestListener = () => undefined;
    await withSlack(
      listener,
      async (client) => {
        await assert.rejects(client.auth.test(), (error: webApi.WebAPIRequestError) => error.original.name === 'TimeoutError');
      },
      30,
    );
  });

  test('sends a file as a form', async () => {
    const listener: RequestListener = (request, response) => {
      assert.match(request.headers['content-type'] ?? '', /^multipart\/form-data; boundary=/);
      sendJson(response, 200, { ok: true });
    };
    await withSlack(listener, async (client) => {
      const result = await client.apiCall('files.test', { file: Buffer.from('content') });

      assert.equal(result.ok, true);
    });
  });
});
