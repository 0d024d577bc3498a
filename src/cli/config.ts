import type { Command } from 'commander';
import type { LoadedConfig } from '../config.ts';
import { maskConfig } from '../config/mask.ts';
import { UsageError } from '../errors.ts';
import type { Cli } from './command.ts';

interface ConfigOptions {
  readonly json?: boolean;
  readonly schema?: boolean;
  readonly reference?: boolean;
}

export function register(command: Command, cli: Cli): void {
  command
    .description('Shows the effective configuration with its secrets masked, and where each value comes from.')
    .option('--json', 'as JSON')
    .option('--schema', 'the JSON Schema of parley.yaml in its place')
    .option('--reference', 'every setting as a Markdown table in its place')
    .addHelpText('after', examples)
    .action((options: ConfigOptions) => run(options, cli));
}

const examples = `
Examples:
  $ parley config
  $ parley config --json | jq .slack.enabled
  $ parley config --schema > parley.schema.json
`;

export async function run(options: ConfigOptions, cli: Cli): Promise<void> {
  if (Object.values(options).filter(Boolean).length > 1)
    throw new UsageError('--json, --schema and --reference exclude each other.');
  if (options.schema || options.reference) {
    const { configJsonSchema, renderReference } = await import('../config/reference.ts');
    cli.stdout.write(options.schema ? `${JSON.stringify(configJsonSchema(), null, 2)}\n` : renderReference());
    return;
  }
  const loaded = await cli.loadConfig();
  for (const warning of loaded.warnings) cli.stderr.write(`Warning: ${warning}\n`);
  cli.stdout.write(options.json ? `${JSON.stringify(maskConfig(loaded.config), null, 2)}\n` : await toYaml(loaded));
}

async function toYaml({ config, sources }: LoadedConfig): Promise<string> {
  const { Document, isScalar, visit } = await import('yaml');
  const document = new Document(maskConfig(config));
  for (const [key, source] of sources) {
    const node = document.getIn(key.split('.'), true);
    if (isScalar(node) && source !== 'default') node.comment = ` ${source}`;
  }
  // What looks like a variable is meant as it stands, should somebody make this their parley.yaml.
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string') node.value = node.value.replaceAll('${', '$${');
    },
  });
  return document.toString({ lineWidth: 110 });
}
