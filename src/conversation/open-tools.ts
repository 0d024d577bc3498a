import type { Clock } from '../clock.ts';
import { createKnowledge } from '../knowledge/knowledge.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import { createCurrentTime } from '../tools/current-time.ts';
import { createSearchConversation } from '../tools/search-conversation.ts';
import { createSearchKnowledge } from '../tools/search-knowledge.ts';
import type { Tool } from '../tools/tool.ts';
import { createToolbox, type ToolRule } from '../tools/toolbox.ts';
import { createToolsForTurn, type ToolsForTurn } from './turn-tools.ts';

export interface ToolSettings {
  readonly allow: readonly ToolRule[];
  readonly steps: number;
  readonly callsPerStep: number;
  readonly callSeconds: number;
  readonly totalSeconds: number;
  readonly resultCharacters: number;
}

export interface OpenToolsOptions {
  readonly settings: ToolSettings;
  readonly knowledge: { readonly folder: string };
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal | undefined;
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
}: OpenToolsOptions): Promise<ToolsForTurn> {
  const knowledge = createKnowledge({ folder, store, log });
  const transcript = (conversationId: string) => store.transcript({ conversationId, limit: searchedMessages, sinceReset: true });
  const tools: Tool[] = [createCurrentTime(clock), createSearchKnowledge(knowledge), createSearchConversation(transcript)];
  const toolbox = createToolbox({
    tools,
    rules: settings.allow,
    limits: {
      steps: settings.steps,
      callsPerStep: settings.callsPerStep,
      callTimeoutMs: settings.callSeconds * 1_000,
      totalMs: settings.totalSeconds * 1_000,
      resultLength: settings.resultCharacters,
    },
  });
  if (toolbox.isUsed('search_knowledge')) await knowledge.refresh(signal);
  return createToolsForTurn({ store, toolbox, clock });
}
