import type { Call } from './call.ts';
import type { Endpoint } from './failure.ts';

/** Sends one request to the endpoint; rejects for every status that is no success. */
export type Send = (request: { readonly path: string; readonly body?: string }, call: Call) => Promise<Response>;

export interface CheckOptions {
  readonly send: Send;
  readonly endpoint: Endpoint;
  /** A request that costs next to nothing, for an endpoint whose list does not name the model. */
  readonly smallRequest: string;
}

/** Whether the endpoint is there, takes the key and knows the model: by its list of models, or else by asking the model for a word. */
export async function checkEndpoint({ send, endpoint, smallRequest }: CheckOptions, call: Call): Promise<string> {
  const { host, model } = endpoint;
  const models = await listModels(send, call);
  if (models?.includes(model)) return `${host} answers and offers the model ${model}.`;
  const response = await send({ path: '/chat/completions', body: smallRequest }, call);
  await call.wait(response.text());
  return `${host} answers with the model ${model}.`;
}

/** Undefined where the endpoint has no such list. */
async function listModels(send: Send, call: Call): Promise<readonly unknown[] | undefined> {
  try {
    const response = await send({ path: '/models' }, call);
    const list: unknown = JSON.parse(await call.wait(response.text()));
    const data: unknown = typeof list === 'object' && list !== null ? Reflect.get(list, 'data') : undefined;
    if (!Array.isArray(data)) return undefined;
    return data.map(idOf);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    const status: unknown = error instanceof Error ? Reflect.get(error, 'status') : undefined;
    if (status === 404 || status === 405 || status === 501) return undefined;
    throw error;
  }
}

function idOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'id') : undefined;
}
