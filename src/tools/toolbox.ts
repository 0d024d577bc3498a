import { parseConversationId } from '../conversation-id.ts';
import type { Tool, ToolPlace } from './tool.ts';
import type { ToolLimits } from './tool-limits.ts';

/** Who may use what. What is left out holds for all. */
export interface ToolRule {
  /** Names; a * at the end stands for the rest of a name. */
  readonly tools: readonly string[];
  readonly adapters?: readonly string[] | undefined;
  readonly tenants?: readonly string[] | undefined;
  /** The first part of a conversation's path: the channel, as the platform calls it by id. */
  readonly channels?: readonly string[] | undefined;
  readonly people?: readonly string[] | undefined;
}

export interface ToolboxOptions {
  readonly tools: readonly Tool[];
  readonly rules: readonly ToolRule[];
  readonly limits: ToolLimits;
}

/** The tools that there are, and where each may be used. */
export interface Toolbox {
  readonly limits: ToolLimits;
  /** In an order that is always the same. */
  toolsFor(place: ToolPlace): readonly Tool[];
  find(name: string): Tool | undefined;
  /** Whether a rule allows it anywhere. */
  isUsed(name: string): boolean;
  /** Whether a person has to approve of a use of the tool; `untrusted`: the context holds what strangers wrote. */
  needsApproval(tool: Tool, untrusted: boolean): boolean;
}

/** A tool that no rule names is offered nowhere. */
export function createToolbox({ tools, rules, limits }: ToolboxOptions): Toolbox {
  const sorted = tools.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const byName = new Map(sorted.map((tool) => [tool.name, tool]));
  return {
    limits,
    find: (name) => byName.get(name),
    isUsed: (name) => rules.some((rule) => rule.tools.some((pattern) => matches(pattern, name))),
    toolsFor: (place) => {
      const channel = parseConversationId(place.conversationId)?.path[0] ?? '';
      const here = rules.filter(
        ({ adapters, tenants, channels, people }) =>
          isIn(adapters, place.adapter) &&
          isIn(tenants, place.tenant) &&
          isIn(channels, channel) &&
          isIn(people, place.author.id),
      );
      return sorted.filter(({ name }) => here.some((rule) => rule.tools.some((pattern) => matches(pattern, name))));
    },
    needsApproval: ({ readOnly }) => !readOnly,
  };
}

function isIn(list: readonly string[] | undefined, value: string): boolean {
  return list === undefined || list.includes(value);
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
