import { systemClock, withTimeout } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { ToolError, UsageError } from '../../errors.ts';
import { createErrorId } from '../../ids.ts';
import { createArgumentReader } from '../../tools/tool-arguments.ts';
import { clip } from '../../tools/tool-result.ts';
import type { Tool } from '../../tools/tool.ts';
import { exitCodes, type Cli } from '../command.ts';
import { toPrintable, toPrintableLine } from '../printable.ts';
import { askPerson } from '../webhook/ask.ts';
import { openKnown } from './known.ts';
import { openServer } from './server.ts';

export interface TryOptions {
  readonly args: string;
  readonly yes?: boolean;
  readonly tenant: string;
  readonly person: string;
  readonly conversation: string;
}

/** A person who has to be asked may take a while; the call itself has its own limit. */
const maxMs = 600_000;

/** Calls one tool as the model would, and asks before it changes anything. */
export async function tryTool(name: string, options: TryOptions, cli: Cli): Promise<void> {
  const { config } = await cli.loadConfig();
  const opened = await openTool(config, name);
  const timeout = withTimeout(systemClock, maxMs);
  try {
    const given = createArgumentReader(opened.tool.parameters)(options.args);
    if ('problem' in given) throw new UsageError(`--args: ${given.problem} ${describeParameters(opened.tool)}`);
    if (!(await mayCall(opened.tool, { options, shown: given.canonical }))) {
      cli.stdout.write('Not called.\n');
      return;
    }
    const said = await opened.tool.run(given.value, {
      ...{ adapter: 'terminal', tenant: options.tenant, conversationId: options.conversation },
      ...{ author: { id: options.person, name: options.person, isBot: false }, callId: `try-${createErrorId()}` },
      signal: timeout.signal,
    });
    cli.stdout.write(`${toPrintable(clip(said, config.tools.resultCharacters))}\n`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const open = error instanceof ToolError || opened.tool.readOnly ? '' : ' It is not known whether it was done.';
    cli.stderr.write(`${toPrintable(error instanceof Error ? error.message : String(error))}${open}\n`);
    cli.exitCode = exitCodes.failed;
  } finally {
    timeout.clear();
    await opened.stop();
  }
}

interface OpenedTool {
  readonly tool: Tool;
  stop(): Promise<void>;
}

const searches = new Set(['search_knowledge', 'search_conversation']);

/** Throws a UsageError where there is none of this name. */
async function openTool(config: Config, name: string): Promise<OpenedTool> {
  if (searches.has(name)) throw new UsageError(`${name} looks into the ledger of a running Parley: ask the bot.`);
  const server = name.includes('__') ? name.slice(0, name.indexOf('__')) : undefined;
  const isServer = server !== undefined && Object.hasOwn(config.tools.mcp, server);
  const { tools, stop } = isServer ? await openTools(config, server) : await openKnown(config);
  const tool = tools.find((each) => each.name === name);
  if (tool) return { tool, stop };
  await stop();
  const others = tools.map((each) => each.name).filter((each) => !searches.has(each));
  throw new UsageError(`There is no tool "${toPrintableLine(name)}". There are: ${others.join(', ') || 'none'}.`);
}

async function openTools(config: Config, name: string) {
  const server = await openServer(config, name);
  if (server.problem === undefined) return server;
  await server.stop();
  throw new UsageError(`The server ${name} cannot be reached (tools.mcp.${name}): ${toPrintableLine(server.problem)}`);
}

async function mayCall(tool: Tool, { options, shown }: { options: TryOptions; shown: string }): Promise<boolean> {
  if (tool.readOnly || options.yes) return true;
  const ask = askPerson(options);
  if (!ask) throw new UsageError(`${tool.name} changes something: add --yes where nobody can be asked.`);
  const answer = await ask(`${tool.name} ${toPrintableLine(shown)}\nThis changes something. Call it? (yes or no)`, 'no');
  return /^y(?:es)?$/i.test(answer);
}

function describeParameters({ parameters }: Tool): string {
  return `Its parameters: ${toPrintableLine(JSON.stringify(parameters))}`;
}
