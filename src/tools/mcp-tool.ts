import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { DeliveryError, describeError, ToolError } from '../errors.ts';
import { toJson } from '../json.ts';
import type { Log } from '../log.ts';
import { isLoss, isRefusal } from './mcp-failure.ts';
import { createArgumentReader } from './tool-arguments.ts';
import { clip, toVisible } from './tool-result.ts';
import type { Tool, ToolParameters } from './tool.ts';

/** A tool as a server lists it: all of it is untrusted. */
interface ListedTool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema: unknown;
}

interface McpToolOptions {
  readonly server: string;
  /** Names of those that only look, and of those that act; a * at the end stands for the rest of one. */
  readonly readOnly: readonly string[];
  readonly acting: readonly string[];
  readonly client: Client;
  readonly callTimeoutMs: number;
  /** The server could not be reached. */
  readonly onLost: (error: unknown) => void;
  readonly log: Log;
}

const maxDescription = 1_000;

/** A tool of a server under the name `server__tool`; undefined for one that may not or cannot be used. What a server says of itself, that it only looks, counts for nothing. */
export function toMcpTool(listed: ListedTool, options: McpToolOptions): Tool | undefined {
  const { server, acting, client, callTimeoutMs, onLost, log } = options;
  const isNamed = (patterns: readonly string[]): boolean => patterns.some((pattern) => matches(pattern, listed.name));
  const acts = isNamed(acting);
  if (!acts && !isNamed(options.readOnly)) return undefined;
  const name = `${server}__${listed.name.replaceAll(/[^a-zA-Z0-9_-]/g, '_')}`;
  const parameters = toParameters(listed.inputSchema);
  const problem = problemOf(name, parameters);
  if (problem !== undefined || !parameters) {
    log.warn('tool of an MCP server cannot be offered', { server, tool: clip(toVisible(listed.name), 100), problem });
    return undefined;
  }
  return {
    name,
    title: `Asking ${server}`,
    description: clip(toVisible(listed.description ?? ''), maxDescription),
    parameters,
    // Where patterns of both fit, it acts: that is the careful reading.
    readOnly: !acts,
    untrusted: true,
    run: async (given, { signal }) => {
      // Not callTool, which holds the result against the server's own schema once all is done, and fails as the server does when it refuses.
      const params = { name: listed.name, arguments: { ...given } };
      const result = await client
        .request({ method: 'tools/call', params }, CallToolResultSchema, { signal, timeout: callTimeoutMs })
        .catch((error: unknown) => {
          signal.throwIfAborted();
          if (isLoss(error)) onLost(error);
          throw toFailure({ server, what: 'gave no answer', said: describeError(error), isOpen: acts && !isRefusal(error) });
        });
      const text = textOfResult(result);
      if (result.isError === true)
        throw acts ? toFailure({ server, what: 'says that it failed', said: text, isOpen: true }) : new ToolError(text);
      return text;
    },
  };
}

interface McpFailure {
  readonly server: string;
  readonly what: string;
  readonly said: string;
  /** Whether it may have been done for all that. */
  readonly isOpen: boolean;
}

/** An error other than a ToolError says that nobody knows whether it was done. */
function toFailure({ server, what, said, isOpen }: McpFailure): Error {
  const message = `The server ${server} ${what}: ${clip(toVisible(said), 300)}`;
  return isOpen ? new DeliveryError({ message, retryable: false, uncertain: true }) : new ToolError(message);
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function toParameters(schema: unknown): ToolParameters | undefined {
  const { $schema: _, ...parameters } = toRecord(schema) ?? {};
  return toRecord(toJson(parameters)) as ToolParameters | undefined; // what toJson gives is Json
}

function problemOf(name: string, parameters: ToolParameters | undefined): string | undefined {
  if (name.length > 64) return 'its name is too long';
  try {
    createArgumentReader(parameters ?? {});
    return undefined;
  } catch (error) {
    return `its schema is not understood: ${describeError(error)}`;
  }
}

/** Text, and what else can be said as text; of pictures and sounds only that they are there. */
function textOfResult(result: Readonly<Record<string, unknown>>): string {
  const content: readonly unknown[] = Array.isArray(result['content']) ? result['content'] : [];
  const texts = content.map((part) => textOfPart(toRecord(part) ?? {}));
  const { structuredContent } = result;
  if (texts.length === 0 && structuredContent !== undefined) return JSON.stringify(structuredContent);
  return texts.join('\n') || 'It gave nothing.';
}

function textOfPart({ type, text, resource }: Readonly<Record<string, unknown>>): string {
  if (type === 'text' && typeof text === 'string') return text;
  const inner = toRecord(resource)?.['text'];
  return typeof inner === 'string'
    ? inner
    : `[${typeof type === 'string' ? type.slice(0, 40) : 'something'} that cannot be shown as text]`;
}

function toRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined; // an object that is no array
}
