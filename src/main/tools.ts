import type { Authorizer } from '../action/authorize.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { toHttpTools } from '../config/resolve-tools.ts';
import { ConfigError, describeError } from '../errors.ts';
import { createOutbound } from '../outbound.ts';
import type { HttpToolSettings } from '../tools/http/http-tool-settings.ts';
import { createHubSpotTools } from '../tools/presets/hubspot.ts';
import { createSalesforceTools } from '../tools/presets/salesforce.ts';
import type { Tool } from '../tools/tool.ts';
import { openOutward } from './adapters.ts';

/** The tools that are calls of APIs. */
export interface ConfiguredTools {
  readonly tools: readonly Tool[];
  /** Ends connections, and the process that reads answers. */
  stop(): Promise<void>;
}

/** Throws a ConfigError that names what cannot be used. Nothing is loaded where nothing is configured. */
export async function openConfiguredTools(config: Pick<Config, 'tools' | 'outbound'>, clock: Clock): Promise<ConfiguredTools> {
  const configured = listConfigured(config);
  if (configured.length === 0) return { tools: [], stop: () => Promise.resolve() };
  const [{ createHttpTool }, { createExpressions }, { createAuthorizer }] = await Promise.all([
    import('../tools/http/http-tool.ts'),
    import('../expressions/expressions.ts'),
    import('../action/authorize.ts'),
  ]);
  const outbound = createOutbound(openOutward(config));
  const expressions = createExpressions({ clock });
  const authorizers = new Map<string, Authorizer>();
  const problems: string[] = [];
  const tools = configured.flatMap(({ key, settings }) => {
    try {
      const fetch: typeof globalThis.fetch = (input, init) => outbound.fetchBy(settings.tls)(input, init);
      const { auth, tls } = settings;
      const credentials = JSON.stringify([auth, tls]);
      const authorizer = authorizers.get(credentials) ?? createAuthorizer(auth, { fetch, clock, key: `${key}.auth` });
      authorizers.set(credentials, authorizer);
      return [createHttpTool(settings, { fetch, clock, authorizer, expressions, key })];
    } catch (error) {
      problems.push(`${key}: ${describeError(error)}`);
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    tools,
    stop: async () => {
      await Promise.all([outbound.close(), expressions.stop()]);
    },
  };
}

interface ConfiguredTool {
  readonly key: string;
  readonly settings: HttpToolSettings;
}

function listConfigured({ tools }: Pick<Config, 'tools'>): readonly ConfiguredTool[] {
  const { hubspot, salesforce } = tools.presets;
  const { resultCharacters } = tools;
  return [
    ...toHttpTools(tools).map((settings) => ({ key: `tools.http.${settings.name}`, settings })),
    ...createHubSpotTools(hubspot, resultCharacters).map(toPreset('hubspot')),
    ...createSalesforceTools(salesforce, resultCharacters).map(toPreset('salesforce')),
  ];
}

function toPreset(preset: string): (settings: HttpToolSettings) => ConfiguredTool {
  return (settings) => ({ key: `tools.presets.${preset}`, settings });
}
