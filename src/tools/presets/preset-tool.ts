import type { RequestTemplate } from '../../action/action-request.ts';
import type { ActionAuth } from '../../http-action.ts';
import type { HttpToolSettings } from '../http/http-tool-settings.ts';
import type { ToolParameters } from '../tool.ts';

/** What all tools of a preset share. */
export interface PresetParts {
  readonly preset: string;
  readonly title: string;
  readonly auth: ActionAuth;
  readonly maxLength: number;
}

/** One tool of a preset: what is its own. */
export interface PresetTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: ToolParameters;
  readonly readOnly: boolean;
  readonly request: RequestTemplate;
  readonly result?: string;
}

export function toSettings({ preset, title, auth, maxLength }: PresetParts, tool: PresetTool): HttpToolSettings {
  return {
    ...tool,
    ...{ title, auth, maxLength, timeoutMs: 15_000, idempotencyHeader: 'idempotency-key' },
    name: `${preset}__${tool.name}`,
  };
}

/** All arguments are needed, and there are no others. */
export function parametersOf(properties: ToolParameters): ToolParameters {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** An object whose fields may be these; which of them is the model's choice. */
export function fieldsOf(names: readonly string[], description: string): ToolParameters {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string', maxLength: 2_000 }]));
  return { type: 'object', description, properties, additionalProperties: false, minProperties: 1 };
}

export const email: ToolParameters = { type: 'string', minLength: 3, maxLength: 254, description: 'The whole e-mail address.' };
