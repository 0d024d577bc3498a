import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { systemClock } from '../../../src/clock.ts';
import { loadConfig } from '../../../src/config.ts';
import { openConfiguredTools } from '../../../src/main/tools.ts';
import type { Tool, ToolArguments, ToolUse } from '../../../src/tools/tool.ts';
import { openApi } from '../../support/api-emulator.ts';
import type { ApiAnswer, ApiEmulator, ApiRequest } from '../../support/api-emulator.ts';
import { memoryFiles, memoryFolder } from '../../support/config-files.ts';

export const use: ToolUse = {
  ...{ adapter: 'slack', tenant: 'T1', conversationId: 'slack:T1:C1:1', callId: 'call-1' },
  author: { id: 'U1', name: 'A person', isBot: false },
  signal: new AbortController().signal,
};

/** The tools that a configuration gives, as they are at a start. */
export async function openTools(t: TestContext, tools: unknown, allow: readonly string[] = ['127.0.0.1']) {
  const yaml = stringify({ tools, outbound: { allow } });
  const { config } = await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });
  const opened = await openConfiguredTools(config, systemClock);
  t.after(() => opened.stop());
  return opened.tools;
}

export interface Called {
  readonly api: ApiEmulator;
  readonly tool: Tool;
  run(args: ToolArguments): Promise<string>;
}

const text = { type: 'string' };
/** Of which `id` is needed. */
export const parameters = {
  type: 'object',
  properties: { id: text, note: text, count: { type: 'integer' }, tags: { type: 'array', items: text } },
  required: ['id'],
};

/** One tool of an API on this machine; `URL` in its settings stands for the address. */
export async function openTool(
  t: TestContext,
  settings: Readonly<Record<string, unknown>>,
  answer: (request: ApiRequest) => ApiAnswer = () => ({ body: { ok: true } }),
): Promise<Called> {
  const api = await openApi(answer);
  t.after(() => api[Symbol.asyncDispose]());
  const filled: unknown = JSON.parse(
    JSON.stringify({ description: 'Tries.', parameters, ...settings }).replaceAll('URL', api.url),
  );
  const [tool] = await openTools(t, { http: { try_it: filled } });
  assert.ok(tool);
  return { api, tool, run: (args) => tool.run(args, use) };
}
