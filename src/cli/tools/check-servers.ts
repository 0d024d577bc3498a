import type { Config } from '../../config.ts';
import { openServer } from './server.ts';

export interface ServerReport {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly detail: string;
}

/** Whether each MCP server can be reached, and has the tools that the settings name. */
export async function checkServers(config: Config): Promise<readonly ServerReport[]> {
  return Promise.all(Object.keys(config.tools.mcp).map((server) => checkServer(config, server)));
}

async function checkServer(config: Config, server: string): Promise<ServerReport> {
  const name = `MCP ${server}`;
  const key = `tools.mcp.${server}`;
  const { tools, problem, stop } = await openServer(config, server);
  await stop();
  if (problem !== undefined) return { name, state: 'failed', detail: `It cannot be reached (${key}): ${problem}` };
  const names = tools.map((tool) => tool.name.slice(`${server}__`.length));
  const { readOnly = [], acting = [] } = config.tools.mcp[server] ?? {};
  const missing = [...readOnly, ...acting].filter((pattern) => !names.some((each) => fits(pattern, each)));
  const found = `It answers; of its tools may be used: ${names.join(', ') || 'none'}.`;
  if (missing.length === 0) return { name, state: 'ok', detail: found };
  return { name, state: 'warning', detail: `${found} It has none that fits ${missing.join(', ')} (${key}).` };
}

/** Characters that no name of a tool may have are _ in those that are offered. */
function fits(pattern: string, name: string): boolean {
  const [start = '', ...rest] = pattern.replaceAll(/[^a-zA-Z0-9_*-]/g, '_').split('*');
  return rest.length > 0 ? name.startsWith(start) : name === start;
}
