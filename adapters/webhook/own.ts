import type { IncomingHttpHeaders } from 'node:http';
import { findMarks, isTelling } from '../../src/own-message.ts';
import type { OwnSigns } from '../../src/own-message.ts';
import { compileTemplate, lookup, templatePaths } from '../../src/template.ts';
import type { Mapped } from './mapping.ts';
import type { WebhookSource } from './source.ts';

export interface OwnInput {
  readonly payload: unknown;
  readonly headers: IncomingHttpHeaders;
  readonly event: Mapped;
}

/** Throws a TypeError where the template cannot be used. */
export function createOwnReader(source: WebhookSource): (input: OwnInput) => Promise<OwnSigns | undefined> {
  const { authorIds = [], messageId } = source.own ?? {};
  const idOf = messageId === undefined ? undefined : compileTemplate(messageId);
  let textPaths: Promise<readonly (readonly string[])[]> | undefined;
  const byAuthor = `own message: webhooks.${source.name}.own.authorIds names its author`;
  return async ({ payload, headers, event }) => {
    const { text, author } = event;
    if (authorIds.includes(author.id)) return { sure: byAuthor, ids: [], marks: [], texts: [] };
    const id = idOf?.(payload, { scope: { $headers: headers, $source: source.name }, maxLength: maxIdLength }).trim() ?? '';
    // Where the subject or the name stands before it, the comment is one of the values.
    const values = (await (textPaths ??= pathsOf(source.text)))
      .map((path) => lookup(payload, path))
      .filter((value) => typeof value === 'string');
    const texts = [...new Set([text, ...values])].slice(0, maxTexts);
    const signs = { ids: id === '' ? [] : [id], marks: texts.flatMap(findMarks), texts };
    return signs.ids.length + signs.marks.length > 0 || texts.some(isTelling) ? signs : undefined;
  };
}

/** Where the values stand of which the text is made. The languages are loaded only where there is one. */
async function pathsOf(text: WebhookSource['text']): Promise<readonly (readonly string[])[]> {
  if (typeof text === 'string') return templatePaths(text).filter(([root]) => !root?.startsWith('$'));
  if ('jsonata' in text) return (await import('../../src/jsonata.ts')).jsonataPaths(text.jsonata);
  const paths = (await import('../../src/liquid.ts')).liquidPaths(text.liquid);
  return paths.map((path) => (path[0] === 'webhook' && path[1] === 'body' ? path.slice(2) : path));
}

const maxIdLength = 200;
const maxTexts = 8;
