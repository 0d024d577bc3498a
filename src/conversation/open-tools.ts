import type { Clock } from '../clock.ts';
import { createKnowledge } from '../knowledge/knowledge.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import { createApprovers, type ApproverSettings } from '../tools/approvers.ts';
import { createCurrentTime } from '../tools/current-time.ts';
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
  readonly knowledge: { readonly folder: string };
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal | undefined;
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

/** Puts together what the configuration allows. The documents are read only where somebody may search them. */
export async function openTools({
  settings,
  knowledge: { folder },
  store,
  clock,
  log,
  signal,
  configured,
}: OpenToolsOptions): Promise<OpenedTools> {
  const knowledge = createKnowledge({ folder, store, log });
  const transcript = (conversationId: string) => store.transcript({ conversationId, limit: searchedMessages, sinceReset: true });
  const tools: Tool[] = [
    createCurrentTime(clock),
    createSearchKnowledge(knowledge),
    createSearchConversation(transcript),
    ...configured,
  ];
  const callTimeoutMs = settings.callSeconds * 1_000;
  const servers = await openServers(settings.mcp, { callTimeoutMs, clock, log });
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
  if (toolbox.isUsed('search_knowledge')) await knowledge.refresh(signal);
  return {
    toolsFor: createToolsForTurn({
      ...{ store, toolbox, clock },
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
