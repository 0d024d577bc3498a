import { holdsAt, type PlaceRule } from '../place-rule.ts';
import type { Tool, ToolPlace } from './tool.ts';
import type { ToolLimits } from './tool-limits.ts';

/** Who may use what. What is left out holds for all. */
export interface ToolRule extends PlaceRule {
  /** Names; a * at the end stands for the rest of a name. */
  readonly tools: readonly string[];
  readonly people?: readonly string[] | undefined;
  /** Who has one of these roles, where the platform tells them. */
  readonly roles?: readonly string[] | undefined;
}

export interface ToolboxOptions {
  readonly tools: readonly Tool[];
  /** Tools that come and go. */
  readonly servers?: readonly ToolServer[];
  readonly rules: readonly ToolRule[];
  /** Which calls a person has to approve beside those that change something: names, as in rules. */
  readonly approve?: readonly string[];
  readonly limits: ToolLimits;
}

/** Somebody who has tools to offer, as long as it can be reached. */
export interface ToolServer {
  readonly name: string;
  readonly isUp: boolean;
  tools(): readonly Tool[];
  /** Resolves when it can be reached. */
  whenUp(): Promise<void>;
}

/** The tools that there are, and where each may be used. */
export interface Toolbox {
  readonly limits: ToolLimits;
  /** In an order that is always the same. */
  toolsFor(place: ToolPlace): readonly Tool[];
  /** Names of servers whose tools a rule allows here, and which cannot be reached. */
  missingFor(place: ToolPlace): readonly string[];
  /** Resolves once the server of the tool can be reached; at once for a tool of none. */
  whenUp(tool: string): Promise<void>;
  /** Whether a person has to approve of a use of the tool; `untrusted`: the context holds what strangers wrote. */
  needsApproval(tool: Tool, untrusted: boolean): boolean;
}

/** A tool that no rule names is offered nowhere. */
export function createToolbox({ tools, servers = [], rules, approve = [], limits }: ToolboxOptions): Toolbox {
  const patternsFor = (place: ToolPlace): readonly string[] => {
    return rules
      .filter(
        (rule) =>
          holdsAt(rule, place) &&
          (rule.people === undefined || rule.people.includes(place.author.id)) &&
          (rule.roles === undefined || rule.roles.some((role) => place.author.roles?.includes(role))),
      )
      .flatMap((rule) => rule.tools);
  };
  return {
    limits,
    toolsFor: (place) => {
      const patterns = patternsFor(place);
      if (patterns.length === 0) return [];
      return [...tools, ...servers.flatMap((server) => server.tools())]
        .filter(({ name }) => patterns.some((pattern) => matches(pattern, name)))
        .toSorted((one, other) => (one.name < other.name ? -1 : 1));
    },
    missingFor: (place) => {
      const down = servers.filter(({ isUp }) => !isUp);
      if (down.length === 0) return [];
      const patterns = patternsFor(place);
      return down.map(({ name }) => name).filter((name) => patterns.some((pattern) => isOf(pattern, name)));
    },
    whenUp: async (tool) => servers.find(({ name, isUp }) => !isUp && tool.startsWith(prefixOf(name)))?.whenUp(),
    // What acts is never exempt: so it needs no look at whether strangers wrote a part of the context.
    needsApproval: ({ name, readOnly }) => !readOnly || approve.some((pattern) => matches(pattern, name)),
  };
}

/** Whether a rule allows the tool anywhere. */
export function isAllowedAnywhere(rules: readonly ToolRule[], name: string): boolean {
  return rules.some((rule) => rule.tools.some((pattern) => matches(pattern, name)));
}

function isOf(pattern: string, server: string): boolean {
  const prefix = prefixOf(server);
  return pattern.startsWith(prefix) || (pattern.endsWith('*') && prefix.startsWith(pattern.slice(0, -1)));
}

function prefixOf(server: string): string {
  return `${server}__`;
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
