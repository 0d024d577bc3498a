import type { Clock } from '../clock.ts';
import type { Knowledge } from '../knowledge/knowledge.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import { createApprovers, type ApproverSettings } from '../tools/approvers.ts';
import { createCurrentTime } from '../tools/current-time.ts';
import { createPostMessage, type PostTarget } from '../tools/post-message.ts';
import { createRemember } from '../tools/remember.ts';
import { createSearchConversation } from '../tools/search-conversation.ts';
import { createSearchKnowledge } from '../tools/search-knowledge.ts';
import type { McpOptions, McpServer, McpSettings } from '../tools/mcp.ts';
import type { Tool } from '../tools/tool.ts';
import { createToolbox, type ToolRule } from '../tools/toolbox.ts';
import { createToolsForTurn, type ToolsForTurn } from './turn-tools.ts';

export interface ToolSettings {
  readonly allow: readonly ToolRule[];
  readonly approve: readonly string[];
  readonly approvers: ApproverSettings;
  readonly approvalMinutes: number;
  readonly steps: number;
  readonly callsPerStep: number;
  readonly callSeconds: number;
  readonly totalSeconds: number;
  readonly resultCharacters: number;
  readonly mcp: Readonly<Record<string, McpSettings>>;
}

export interface OpenToolsOptions {
  readonly settings: ToolSettings;
  readonly knowledge: Pick<Knowledge, 'search'>;
  /** Whether answers say what documents they come from. */
  readonly cites: boolean;
  /** Whether anything is kept of people beyond conversations. */
  readonly remembers: boolean;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Where messages may be posted to. */
  readonly posts?: Readonly<Record<string, PostTarget>> | undefined;
  /** The way to MCP servers that have an address. */
  readonly fetch: typeof fetch;
  /** Calls of APIs. */
  readonly configured: readonly Tool[];
}

export interface OpenedTools {
  readonly toolsFor: ToolsForTurn;
  /** Ends the connections to servers. */
  stop(): Promise<void>;
}

/** How many of the newest messages a search looks at. */
const searchedMessages = 2_000;

/** Puts together what the configuration allows. */
export async function openTools({
  settings,
  knowledge,
  cites,
  remembers,
  store,
  clock,
  log,
  posts = {},
  fetch,
  configured,
}: OpenToolsOptions): Promise<OpenedTools> {
  const transcript = (conversationId: string) => store.transcript({ conversationId, limit: searchedMessages, sinceReset: true });
  const tools: Tool[] = [
    createCurrentTime(clock),
    createSearchKnowledge(knowledge),
    createSearchConversation(transcript),
    ...[createPostMessage(posts)].filter((tool) => tool !== undefined),
    ...(remembers ? [createRemember()] : []),
    ...configured,
  ];
  const callTimeoutMs = settings.callSeconds * 1_000;
  const servers = await openServers(settings.mcp, { callTimeoutMs, fetch, clock, log });
  const toolbox = createToolbox({
    ...{ tools, servers },
    rules: settings.allow,
    approve: settings.approve,
    limits: {
      steps: settings.steps,
      callsPerStep: settings.callsPerStep,
      callTimeoutMs,
      totalMs: settings.totalSeconds * 1_000,
      resultLength: settings.resultCharacters,
    },
  });
  return {
    toolsFor: createToolsForTurn({
      ...{ store, toolbox, clock, cites },
      approvers: createApprovers(settings.approvers),
      approvalMs: settings.approvalMinutes * 60_000,
    }),
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** Nobody waits for them: a server that is slow to come up has no tools until then. */
async function openServers(
  servers: ToolSettings['mcp'],
  parts: Omit<McpOptions, 'name' | 'settings'>,
): Promise<readonly McpServer[]> {
  const named = Object.entries(servers);
  if (named.length === 0) return [];
  const { openMcpServer } = await import('../tools/mcp.ts');
  return named.map(([name, settings]) => openMcpServer({ name, settings, ...parts }));
}
