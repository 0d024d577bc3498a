import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { findConflicts, hasSlackOAuth } from './config/checks.ts';
import { sqlitePath } from './config/database.ts';
import { openEnvironment, type Environment, type Variables } from './config/environment.ts';
import { diskFiles, type ConfigFiles } from './config/files.ts';
import { describeConflict, describeIssue, type ProblemContext } from './config/problems.ts';
import { resolveSource, type KnowledgeSourceSettings } from './config/knowledge.ts';
import { configSchema, type Settings } from './config/schema.ts';
import { settings } from './config/setting.ts';
import { findExpressionConflicts } from './config/webhook-expressions.ts';
import { resolveWebhook, type WebhookConfig } from './config/resolve-webhook.ts';
import { configFileVariable, mergeSources, readConfigFile } from './config/sources.ts';
import { suggest } from './config/suggest.ts';
import { expandPresets } from './config/webhook-presets.ts';
import { coerce, isRecord, leaves, listSettings } from './config/walk.ts';
import { ConfigError } from './errors.ts';

/** The effective configuration: every setting has its final value. It has the shape of parley.yaml and could be written there. */
export interface Config extends Omit<Settings, 'database' | 'model' | 'knowledge' | 'tools' | 'slack' | 'discord' | 'webhooks'> {
  /** `sqlite:` and an absolute path. */
  readonly database: string;
  readonly model: ModelConfig;
  readonly knowledge: {
    readonly folder: string;
    readonly citations: boolean;
    readonly embeddings: Settings['knowledge']['embeddings'];
    readonly sources: Readonly<Record<string, KnowledgeSourceSettings>>;
  };
  readonly tools: Filled<Settings['tools'], 'allow'>;
  readonly slack: Filled<Settings['slack'], 'enabled' | 'transport'>;
  readonly discord: Filled<Settings['discord'], 'enabled'>;
  readonly webhooks: Readonly<Record<string, WebhookConfig>>;
}

export interface ModelConfig extends Omit<Settings['model'], 'openai'> {
  /** `builtin`, `openai` or one of `providers`. */
  readonly provider: string;
  readonly openai: Filled<Settings['model']['openai'], 'maxTokensParam'>;
}

type Filled<Section, Key extends keyof Section> = Section & { readonly [K in Key]-?: NonNullable<Section[K]> };

export interface LoadedConfig {
  readonly config: Config;
  /** Where the configuration is written, whether the files are there or not. */
  readonly paths: { readonly yaml: string; readonly env: string };
  /** What works but should be looked at. */
  readonly warnings: readonly string[];
  /** Where each key comes from: `default`, the file's name, or the name of a variable. */
  readonly sources: ReadonlyMap<string, string>;
  /** Every secret value, for the log to leave out. */
  readonly secrets: readonly string[];
  /** The preset that each source of webhooks is made of, where it is. */
  readonly presets: ReadonlyMap<string, string>;
}

export interface LoadOptions {
  readonly env?: Variables;
  readonly cwd?: string;
  readonly files?: ConfigFiles;
}

/**
 * The configuration: defaults, then parley.yaml, then the environment, the later ones winning.
 * Throws a ConfigError with everything that is wrong, not with the first thing only.
 */
export async function loadConfig(options: LoadOptions = {}): Promise<LoadedConfig> {
  const { env = process.env, cwd = process.cwd(), files = diskFiles } = options;
  const environment = openEnvironment({ env, cwd, files });
  const file = await readConfigFile(environment, { cwd, files });
  const { input, variables: named, failed } = mergeSources(file, environment);
  const expanded = await expandPresets(input, files);
  const given = coerce(configSchema, expanded.input);
  const variables = new Map([...expanded.origins, ...named]);
  const context: ProblemContext = {
    schema: configSchema,
    input: given,
    fileName: file.name,
    lines: file.lines,
    variables,
    secrets: secretsIn(given),
  };

  const { sections, problems } = parseSections(given, context);
  chooseProvider(sections, (key) => variables.has(key) || file.lines.has(key));
  const found = [...expanded.conflicts, ...findConflicts(sections), ...(await findExpressionConflicts(sections.webhooks))];
  const conflicts = found
    .filter((conflict) => !failed.has(conflict.path.join('.')))
    .map((conflict) => describeConflict(conflict, context));
  const all = [...environment.problems, ...file.problems, ...problems, ...conflicts];
  if (all.length > 0) throw new ConfigError(all);

  // Without a problem every section has been parsed.
  const config = resolveConfig(sections as Settings, { cwd, files });
  return {
    config,
    paths: { yaml: resolve(cwd, file.name), env: resolve(cwd, '.env') },
    warnings: [...environment.warnings, ...findWarnings(config, environment)],
    sources: toSources(config, { variables, lines: file.lines, fileName: file.name }),
    secrets: secretsIn(config),
    presets: expanded.presets,
  };
}

/** Whether stack traces were asked for, before the configuration can be read or where it cannot. */
export function debugRequested(env: Variables = process.env): boolean {
  return env['LOG_LEVEL'] === 'debug';
}

const yamlExample = 'Example: server: { port: 3000 }';

/** Each section by itself, so that a mistake in one does not hide those in another. */
function parseSections(input: unknown, context: ProblemContext): { sections: Partial<Settings>; problems: string[] } {
  if (!isRecord(input)) return { sections: {}, problems: [`${context.fileName}: must hold settings by name. ${yamlExample}`] };
  const sections: Record<string, unknown> = {};
  const unknown = Object.keys(input).filter((key) => !Object.hasOwn(configSchema.shape, key));
  const problems =
    unknown.length === 0 ? [] : describeIssue({ code: 'unrecognized_keys', keys: unknown, path: [], message: '' }, context);
  for (const [key, schema] of Object.entries(configSchema.shape)) {
    const result = schema.safeParse(input[key]);
    sections[key] = result.success ? result.data : undefined;
    if (!result.success) problems.push(...result.error.issues.flatMap((issue) => describeIssue(atSection(key, issue), context)));
  }
  if (!sections['webhooks'] && isRecord(input['webhooks'])) sections['webhooks'] = usableSources(input['webhooks']);
  return { sections, problems };
}

/** The sources that are right in themselves, so that one that is not does not hide what else is wrong with the others. */
function usableSources(sources: Record<string, unknown>): Settings['webhooks'] {
  const entries = Object.entries(sources).flatMap(([name, source]) => {
    const result = configSchema.shape.webhooks.safeParse({ [name]: source });
    return result.success ? Object.entries(result.data) : [];
  });
  return Object.fromEntries(entries);
}

function atSection(key: string, issue: z.core.$ZodIssue): z.core.$ZodIssue {
  return { ...issue, path: [key, ...issue.path] };
}

function chooseProvider(sections: Partial<Settings>, isGiven: (key: string) => boolean): void {
  const { model } = sections;
  if (model?.provider !== 'auto') return;
  const [first = 'builtin'] = Object.keys(model.providers);
  model.provider = model.openai.apiKey || isGiven('model.openai.baseUrl') ? 'openai' : first;
}

function findWarnings(config: Config, environment: Environment): string[] {
  const known = [configFileVariable, ...listSettings(configSchema).flatMap(({ info }) => info.env ?? [])];
  const warnings = environment.names
    .filter((name) => name.startsWith('PARLEY_') && !known.includes(name))
    .map((name) => {
      const near = suggest(name, known);
      return `${name} is not a setting of Parley.${near ? ` Did you mean ${near}?` : ''}`;
    });
  const { slack } = config;
  if (!slack.enabled && !slack.botToken && (slack.signingSecret || slack.appToken)) {
    warnings.push('Slack stays off: slack.botToken (SLACK_BOT_TOKEN) is not set, while other Slack settings are.');
  }
  if (!hasSlackOAuth(slack) && (slack.clientId ?? slack.clientSecret ?? slack.stateSecret)) {
    warnings.push(
      'The Slack app cannot be installed by OAuth: that needs all of SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and SLACK_STATE_SECRET.',
    );
  }
  return warnings;
}

function secretsIn(values: unknown): string[] {
  const found = new Set<string>();
  for (const { schema, value } of leaves(configSchema, values)) {
    if (!settings.get(schema)?.secret) continue;
    for (const secret of Array.isArray(value) ? value : [value]) if (typeof secret === 'string' && secret) found.add(secret);
  }
  return [...found];
}

function toSources(
  config: Config,
  given: { variables: ReadonlyMap<string, string>; lines: ReadonlyMap<string, number>; fileName: string },
): Map<string, string> {
  const entries = [...leaves(configSchema, config)].map(({ path }): [string, string] => {
    const key = path.join('.');
    return [key, given.variables.get(key) ?? (given.lines.has(key) ? given.fileName : 'default')];
  });
  return new Map(entries);
}

/** Fills in what depends on other settings or on the working directory. Expects settings without conflicts. */
function resolveConfig(given: Settings, context: { cwd: string; files: ConfigFiles }): Config {
  const data = resolve(context.cwd, given.data);
  const { slack, discord } = given;
  return {
    ...given,
    server: resolveServer(given.server, context.cwd),
    data,
    database: `sqlite:${given.database ? resolve(context.cwd, sqlitePath(given.database)) : resolve(data, 'parley.db')}`,
    model: resolveModel(given.model),
    knowledge: resolveKnowledge(given.knowledge, context),
    tools: { ...given.tools, allow: given.tools.allow ?? (hasOwnDocuments(given.knowledge, context) ? lookingUp : []) },
    slack: {
      ...slack,
      enabled: slack.enabled ?? (slack.botToken !== undefined || hasSlackOAuth(slack)),
      transport: slack.transport ?? (slack.appToken ? 'socket' : 'http'),
    },
    discord: { ...discord, enabled: discord.enabled ?? discord.token !== undefined },
    webhooks: Object.fromEntries(Object.entries(given.webhooks).map(([name, source]) => [name, resolveWebhook(source)])),
  };
}

function resolveServer(server: Settings['server'], cwd: string): Settings['server'] {
  const { publicUrl, tls } = server;
  const { cert, key, clientCa } = tls ?? {};
  return {
    ...server,
    publicUrl: publicUrl?.replace(/\/+$/, ''),
    ...(cert && key
      ? { tls: { cert: resolve(cwd, cert), key: resolve(cwd, key), clientCa: clientCa && resolve(cwd, clientCa) } }
      : {}),
  };
}

function resolveModel(model: Settings['model']): ModelConfig {
  const { openai } = model;
  const isOpenai = new URL(openai.baseUrl).hostname === 'api.openai.com';
  return {
    ...model,
    vision: model.vision && model.provider !== 'builtin',
    openai: { ...openai, maxTokensParam: openai.maxTokensParam ?? (isOpenai ? 'max_completion_tokens' : 'max_tokens') },
  };
}

interface Surroundings {
  readonly cwd: string;
  readonly files: ConfigFiles;
}

/** It only looks, and at nothing but what the team has put there to be answered from. */
const lookingUp = [{ tools: ['search_knowledge'] }];

/** Those that come with Parley are about Parley: what an AI model is asked seldom is. */
function hasOwnDocuments({ folder, sources }: Settings['knowledge'], { cwd, files }: Surroundings): boolean {
  const usual = resolve(cwd, 'knowledge');
  const isOwn = folder !== undefined || (usual !== bundledKnowledge && files.isFolder(usual));
  return isOwn || Object.keys(sources).length > 0;
}

const bundledKnowledge = fileURLToPath(new URL('../knowledge', import.meta.url));

function resolveKnowledge(given: Settings['knowledge'], { cwd, files }: Surroundings): Config['knowledge'] {
  const sources = Object.entries(given.sources).map(([name, source]) => [name, resolveSource(source, cwd)] as const);
  const own = resolve(cwd, given.folder ?? 'knowledge');
  const isThere = given.folder !== undefined || files.isFolder(own);
  return { ...given, folder: isThere ? own : bundledKnowledge, sources: Object.fromEntries(sources) };
}
