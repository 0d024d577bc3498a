import type { Config } from '../../config.ts';
import type { ToolRule } from '../../tools/toolbox.ts';
import type { Cli } from '../command.ts';
import { toPrintableJson } from '../printable.ts';
import { openKnown } from './known.ts';

interface ListedTool {
  /** Of an MCP server a pattern: its tools are known to it. */
  readonly name: string;
  readonly readOnly: boolean;
  /** What each rule that names it says of where; none where nobody may use it. */
  readonly allowed: readonly string[];
}

/** What the model could use, whether it changes anything, and where a rule allows it. */
export async function listTools({ json }: { readonly json?: boolean }, cli: Cli): Promise<void> {
  const { config } = await cli.loadConfig();
  const known = await openKnown(config);
  await known.stop();
  const named = [
    ...known.tools.map(({ name, readOnly, asks }) => ({ name, readOnly: readOnly && !asks })),
    ...listServerTools(config),
  ];
  const listed = named
    .map((tool): ListedTool => ({ ...tool, allowed: whereAllowed(tool.name, config.tools.allow) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  cli.stdout.write(json ? toPrintableJson(listed) : toText(listed));
}

function listServerTools({ tools }: Config) {
  return Object.entries(tools.mcp).flatMap(([server, { readOnly, acting }]) => [
    ...readOnly.map((pattern) => ({ name: `${server}__${pattern}`, readOnly: true })),
    ...acting.map((pattern) => ({ name: `${server}__${pattern}`, readOnly: false })),
  ]);
}

function whereAllowed(name: string, rules: readonly ToolRule[]): readonly string[] {
  return rules.filter(({ tools }) => tools.some((pattern) => overlaps(pattern, name))).map(describeRule);
}

/** Each may end in a * for the rest of a name. */
function overlaps(one: string, other: string): boolean {
  const [start, otherStart] = [one.replace(/\*$/, ''), other.replace(/\*$/, '')];
  if (one.endsWith('*') && otherStart.startsWith(start)) return true;
  return (other.endsWith('*') && start.startsWith(otherStart)) || one === other;
}

function describeRule({ adapters, tenants, channels, people, roles }: ToolRule): string {
  const parts = Object.entries({ adapters, tenants, channels, people, roles }).flatMap(([what, ids]) =>
    ids ? [`${what} ${ids.join(', ')}`] : [],
  );
  return parts.join('; ') || 'everywhere';
}

function toText(listed: readonly ListedTool[]): string {
  const width = Math.max(...listed.map(({ name }) => name.length));
  return listed
    .map(({ name, readOnly, allowed }) => {
      const where = allowed.join(' | ') || 'nowhere: no rule in tools.allow names it';
      return `${name.padEnd(width)}  ${readOnly ? 'looks' : 'acts '}  ${where}\n`;
    })
    .join('');
}
