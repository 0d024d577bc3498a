// `npm run docs`: puts the reference of all settings, made from the schema, into docs/configuration.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { renderReference } from '../../src/config/reference.ts';

const page = new URL('../../docs/configuration.md', import.meta.url);
const marked = /(<!-- reference: begin -->\n)[^]*(<!-- reference: end -->)/;

const text = readFileSync(page, 'utf8');
if (!marked.test(text)) throw new Error('docs/configuration.md has lost its marks <!-- reference: begin --> and end.');
writeFileSync(
  page,
  text.replace(marked, (_, begin: string, end: string) => `${begin}\n${renderReference()}\n${end}`),
);
