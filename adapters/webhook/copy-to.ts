import { ConfigError } from '../../src/errors.ts';
import type { CopyTo } from '../../src/message.ts';
import { compileTemplate } from '../../src/template.ts';
import type { WebhookSource } from './source.ts';

const maxTitle = 300;
const maxLink = 2_000;

/** Where the answer to an event is shown, too. Throws a ConfigError where a template cannot be used. */
export function createCopyTo({ name, post }: WebhookSource): (payload: unknown) => CopyTo | undefined {
  if (!post) return () => undefined;
  const { adapter, tenant, destination } = post;
  const title = compile(name, 'title', post.title);
  const link = compile(name, 'link', post.link);
  return (payload) => ({
    ...{ adapter, tenant, destination },
    title: title?.(payload, { maxLength: maxTitle }).trim() ?? '',
    link: link?.(payload, { maxLength: maxLink }).trim(),
  });
}

function compile(source: string, key: 'title' | 'link', template: string | undefined) {
  try {
    return template === undefined ? undefined : compileTemplate(template);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`webhooks.${source}.post.${key}: ${reason}. For example: ${key}: "{{ticket.subject}}"`]);
  }
}
