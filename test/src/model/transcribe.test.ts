import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTranscriber } from '../../../src/model/transcribe.ts';

const never = new AbortController().signal;
const recording = { bytes: Buffer.from('OggS...'), mimeType: 'audio/ogg', name: 'recording.ogg' };
const openai = { apiKey: 'sk-key-of-the-endpoint', baseUrl: 'https://models.example/v1/' };

/** What is sent to the endpoint, and what comes of it. */
async function transcribe(answer: Response | Error): Promise<{ result: string; requests: Request[] }> {
  const requests: Request[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    requests.push(new Request(input, init));
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const result = await createTranscriber({ transcription: 'gpt-transcribe', openai }, fetch)?.(recording, never).catch(String);
  return { result: result ?? 'nothing', requests };
}

test('asks the endpoint of the model, with its key, for what is said', async () => {
  const { result, requests } = await transcribe(Response.json({ text: 'Good morning.' }));

  const [request] = requests;
  const form = await request?.formData();
  const file = form?.get('file');
  assert.equal(result, 'Good morning.');
  assert.deepEqual([request?.url, request?.method], ['https://models.example/v1/audio/transcriptions', 'POST']);
  assert.equal(request?.headers.get('authorization'), 'Bearer sk-key-of-the-endpoint');
  assert.equal(form?.get('model'), 'gpt-transcribe');
  assert.ok(file instanceof File);
  assert.deepEqual([file.name, file.type, await file.text()], ['recording.ogg', 'audio/ogg', 'OggS...']);
});

test('says in words for people what went wrong', async () => {
  const results = await Promise.all([
    transcribe(new Response('no such model', { status: 404 })),
    transcribe(new Error('connect ECONNREFUSED')),
    transcribe(Response.json({ words: [] })),
  ]);

  assert.deepEqual(
    results.map(({ result }) => result),
    [
      'FileError: the service that listens to recordings refuses it (HTTP 404)',
      'FileError: the service that listens to recordings cannot be reached',
      'FileError: the service that listens to recordings gave no text',
    ],
  );
});

test('nothing listens where no model is named', () => {
  assert.equal(createTranscriber({ openai }, fetch), undefined);
});
