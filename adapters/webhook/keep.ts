import { ConfigError } from '../../src/errors.ts';
import { compileTemplate, templatePaths } from '../../src/template.ts';
import type { WebhookSource } from './source.ts';

/** What the reply will need of an event, as JSON; undefined where the source keeps nothing. */
export type Keep = (payload: unknown) => string | undefined;

const maxLength = 1000;

/** Throws a ConfigError where a template cannot be used. */
export function createKeep({ name: source, keep = {} }: WebhookSource): Keep {
  const templates = Object.entries(keep).map(([name, text]) => [name, compile(`webhooks.${source}.keep.${name}`, text)] as const);
  if (templates.length === 0) return () => undefined;
  return (payload) => {
    const kept = templates.map(([name, template]) => [
      name,
      template(payload, { maxLength }).toWellFormed().replaceAll('\0', ''),
    ]);
    return JSON.stringify(Object.fromEntries(kept));
  };
}

function compile(key: string, text: string): ReturnType<typeof compileTemplate> {
  try {
    const hasHeader = templatePaths(text).some(([root]) => root?.startsWith('$'));
    if (hasHeader) throw new TypeError('only what stands in the body is kept');
    return compileTemplate(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`${key}: ${reason}. For example: keep: { from: "{{ticket.requester.phone}}" }`]);
  }
}
