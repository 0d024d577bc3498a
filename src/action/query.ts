import { argumentOf, compileText } from './render.ts';
import type { Render, TemplateData } from './render.ts';
import { ownOf } from './request-body.ts';

/** A template, or one of SOQL in which every gap stands inside the quotes of a text. */
export type QueryTemplate = string | { readonly soql: string };

/** Parameters of an address, percent-encoded. Both steps throw a TypeError. */
export function compileQuery(templates: Readonly<Record<string, QueryTemplate>>): Render<string> {
  const compiled = Object.entries(templates).map(([name, template]) => ({ name, render: compileParameter(template) }));
  return (data) => {
    const pairs = compiled.flatMap(({ name, render }) => render(data).map((value): [string, string] => [name, value]));
    return new URLSearchParams(pairs).toString();
  };
}

/** A list gives its parameter as often as it has items; an argument that was left out gives none. */
function compileParameter(template: QueryTemplate): (data: TemplateData) => readonly string[] {
  if (typeof template !== 'string') {
    const render = compileText(template.soql, escapeSoql);
    return (data) => [render(data)];
  }
  const name = argumentOf(template);
  const render = compileText(template);
  return (data) => {
    const given = name === undefined ? undefined : ownOf(data['args'], name);
    if (name !== undefined && given === undefined && data['args'] !== undefined) return [];
    if (!Array.isArray(given)) return [render(data)];
    return given.map((item: unknown) => (typeof item === 'string' ? item : JSON.stringify(item)).toWellFormed());
  };
}

const soqlEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' };

/** For a text in single quotes (SOQL and SOSL Reference, "Quoted String Escape Sequences"). Throws a TypeError for other control characters. */
function escapeSoql(text: string): string {
  return text
    .replaceAll(/[\\'"]/g, (sign) => `\\${sign}`)
    .replaceAll(/\p{Cc}/gu, (sign) => {
      const escaped = soqlEscapes[sign];
      if (escaped === undefined) throw new TypeError('a text for SOQL holds a control character');
      return escaped;
    });
}
