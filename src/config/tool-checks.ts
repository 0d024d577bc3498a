import { checkBounds } from './argument-bounds.ts';
import type { Conflict } from './conflict.ts';
import { judgeJsonText } from './json-text.ts';
import { checkProof } from './reply-checks.ts';
import type { Settings } from './schema.ts';
import { checkPost } from './webhook-post.ts';

type HttpTool = Settings['tools']['http'][string];

const ownTools = ['current_time', 'search_knowledge', 'search_conversation', 'post_message', 'remember'];

/** Salesforce needs all of it. A secret alone may be there for something else: it has a variable of its own. */
export function checkToolPresets(tools: Settings['tools'] | undefined): Conflict[] {
  const { url, clientId, clientSecret } = tools?.presets.salesforce ?? {};
  const given = Object.entries({ url, clientId, clientSecret });
  if (url === undefined && clientId === undefined) return [];
  return given.flatMap(([key, value]) =>
    value === undefined
      ? [{ path: ['tools', 'presets', 'salesforce', key], what: 'is missing: url, clientId and clientSecret go together' }]
      : [],
  );
}

/** What only shows when the settings of a tool are looked at together. Its templates are read where it is made. */
export function checkHttpTools(tools: Settings['tools'] | undefined): Conflict[] {
  return Object.entries(tools?.http ?? {}).flatMap(([name, tool]) => {
    const path = ['tools', 'http', name];
    const isTaken = ownTools.includes(name);
    return [
      ...(isTaken ? [{ path, what: 'is the name of a tool that Parley has: choose another' }] : []),
      ...checkBody(path, tool),
      ...checkBounds([...path, 'parameters'], tool.parameters),
      ...checkProof(path, tool),
    ];
  });
}

/** Where messages may be posted to has to be there. */
export function checkToolPost(sections: Partial<Settings>): Conflict[] {
  return Object.entries(sections.tools?.post ?? {}).flatMap(([name, target]) =>
    checkPost(['tools', 'post', name], target, sections),
  );
}

const bodyKeys = ['json', 'form', 'text', 'xml', 'graphql', 'jsonRpc'] as const;

function checkBody(path: readonly string[], tool: HttpTool): Conflict[] {
  const [first, second] = bodyKeys.filter((key) => tool[key] !== undefined);
  if (second !== undefined) return [{ path: [...path, second], what: `is set beside ${first}: keep one of them` }];
  if (first !== undefined && tool.method === 'GET')
    return [{ path: [...path, first], what: 'goes with no GET: use query, or set method: POST' }];
  const jsons = [
    { at: ['json'], value: tool.json },
    { at: ['graphql', 'variables'], value: tool.graphql?.variables },
    { at: ['jsonRpc', 'params'], value: tool.jsonRpc?.params },
  ];
  return jsons.flatMap(({ at, value }) => {
    const what = typeof value === 'string' ? judgeJsonText(value) : undefined;
    return what === undefined ? [] : [{ path: [...path, ...at], what }];
  });
}
