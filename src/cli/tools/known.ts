import { systemClock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { openConfiguredTools, type ConfiguredTools } from '../../main/tools.ts';
import { toPostTargets } from '../../config/tool-post.ts';
import { createPostMessage } from '../../tools/post-message.ts';
import { createCurrentTime } from '../../tools/current-time.ts';
import { createSearchConversation } from '../../tools/search-conversation.ts';
import { createSearchKnowledge } from '../../tools/search-knowledge.ts';

/** The tools of a configuration, but for those of MCP servers: they are known to the servers. Those that search find nothing here. */
export async function openKnown(config: Config): Promise<ConfiguredTools> {
  const configured = await openConfiguredTools(config, systemClock);
  const own = [
    createCurrentTime(systemClock),
    createSearchKnowledge({ search: () => Promise.resolve([]) }),
    createSearchConversation(() => Promise.resolve([])),
    ...[createPostMessage(toPostTargets(config.tools))].filter((tool) => tool !== undefined),
  ];
  return { ...configured, tools: [...own, ...configured.tools] };
}
