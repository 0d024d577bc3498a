import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DeliveryError, ToolError } from '../../../src/errors.ts';
import { openTool } from './configured.ts';

describe('a call that changes something and is answered with an error within a 200', () => {
  const graphql = { query: 'mutation { pay { id } }' };
  const jsonRpc = { method: 'pay' };
  const failed = [{ message: 'the mail could not be sent' }];
  const cases: readonly (readonly [what: string, settings: object, body: unknown, refused: boolean])[] = [
    ['of GraphQL before anything was executed', { graphql }, { errors: failed }, true],
    ['of GraphQL beside data', { graphql }, { data: { pay: { id: 1 } }, errors: failed }, false],
    ['of GraphQL beside data that is null', { graphql }, { data: null, errors: failed }, false],
    ['of GraphQL that is no list, as a gateway may say it', { graphql }, { errors: 'upstream timed out' }, false],
    ['that is none of GraphQL', { graphql }, { hello: 1 }, false],
    ['that is empty', { jsonRpc }, '', false],
    ['of JSON-RPC: no such method', { jsonRpc }, { error: { code: -32601 } }, true],
    ['of JSON-RPC: wrong parameters', { jsonRpc }, { error: { code: -32602 } }, true],
    ["of JSON-RPC with a code of the application's", { jsonRpc }, { error: { code: 1001, message: 'no credit' } }, true],
    ['of JSON-RPC: internal', { jsonRpc }, { error: { code: -32603 } }, false],
    ["of JSON-RPC with a code of the server's", { jsonRpc }, { error: { code: -32000 } }, false],
    ['of JSON-RPC without a code', { jsonRpc }, { error: 'broken' }, false],
  ];
  for (const [what, settings, body, refused] of cases) {
    test(`${what}: ${refused ? 'was refused' : 'may have been done for all that'}`, async (t) => {
      const { run } = await openTool(t, { url: 'URL/', ...settings }, () => ({ body }));

      const error: unknown = await run({ id: '1' }).catch((reason: unknown) => reason);

      assert.equal(error instanceof ToolError, refused, String(error));
      assert.equal(error instanceof DeliveryError && error.uncertain, !refused, String(error));
    });
  }
});
