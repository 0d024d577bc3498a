import { systemClock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { silentLog } from '../../log.ts';
import { openOutward } from '../../main/adapters.ts';
import { createOutbound } from '../../outbound.ts';
import type { Tool } from '../../tools/tool.ts';

export interface ReachedServer {
  /** Those that the settings allow. */
  readonly tools: readonly Tool[];
  /** Why it cannot be reached; undefined where it can. */
  readonly problem: string | undefined;
  stop(): Promise<void>;
}

/** Connects to an MCP server of the configuration, once. */
export async function openServer({ tools, outbound: settingsOfOutbound }: Config, name: string): Promise<ReachedServer> {
  const { openMcpServer } = await import('../../tools/mcp.ts');
  const settings = tools.mcp[name] ?? { env: {}, readOnly: [], acting: [] };
  const outbound = createOutbound(openOutward({ outbound: settingsOfOutbound }));
  const server = openMcpServer({
    ...{ name, settings, callTimeoutMs: tools.callSeconds * 1_000, clock: systemClock, log: silentLog },
    fetch: (input, init) => outbound.fetchBy()(input, init),
  });
  await server.settled();
  return {
    tools: server.tools(),
    problem: server.isUp ? undefined : (server.problem() ?? 'it gave no answer'),
    stop: async () => {
      await server.stop();
      await outbound.close();
    },
  };
}
