/** What a robots.txt says to this crawler, as RFC 9309 reads it. */
export interface Robots {
  /** `path` with its query, as it stands in the URL. */
  allows(path: string): boolean;
}

export const userAgent = 'Parley';

interface Rule {
  readonly allow: boolean;
  readonly path: string;
}

export const allowsAll: Robots = { allows: () => true };

const maxRules = 5_000;
const maxRuleLength = 2_000;

/** The rules of the groups for this crawler; those for all where there is no such group. What cannot be read is left out. */
export function parseRobots(text: string): Robots {
  const own: Rule[] = [];
  const general: Rule[] = [];
  let isNamed = false;
  let groups: Rule[][] = [];
  let inRules = false;
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n?|\n/)) {
    const [, key = '', value = ''] = /^\s*([a-z-]{1,30})\s*:\s*(.*)$/i.exec(line.replace(/#.*$/, '')) ?? [];
    const field = key.toLowerCase();
    if (field === 'user-agent') {
      if (inRules) groups = [];
      inRules = false;
      const name = value.trim().toLowerCase();
      // Product tokens may be followed by a version.
      const isOwn = /^[a-z_-]*/.exec(name)?.[0] === userAgent.toLowerCase();
      isNamed ||= isOwn;
      if (isOwn) groups.push(own);
      else if (name === '*') groups.push(general);
    } else if (field === 'allow' || field === 'disallow') {
      inRules = true;
      const path = normalize(value.trim());
      if (path === '' || path.length > maxRuleLength) continue;
      for (const group of groups) if (group.length < maxRules) group.push({ allow: field === 'allow', path });
    }
  }
  const rules = isNamed ? own : general;
  return { allows: (path) => isAllowed(rules, normalize(path)) };
}

/** The longest rule that fits has the last word, and of two as long the one that allows. */
function isAllowed(rules: readonly Rule[], path: string): boolean {
  let best: Rule | undefined;
  for (const rule of rules) {
    if (!fits(rule.path, path)) continue;
    const isLonger = best === undefined || rule.path.length > best.path.length;
    if (isLonger || (rule.allow && rule.path.length === best?.path.length)) best = rule;
  }
  return best?.allow ?? true;
}

/** `*` stands for anything, `$` at the end for the end. In one pass over the path: no rule makes it slow. */
function fits(pattern: string, path: string): boolean {
  const isWhole = pattern.endsWith('$');
  const parts = (isWhole ? pattern.slice(0, -1) : pattern).split('*');
  const [first = '', ...rest] = parts;
  if (!path.startsWith(first)) return false;
  let at = first.length;
  const last = isWhole ? rest.pop() : undefined;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  if (!isWhole) return true;
  return last === undefined ? at === path.length : path.length - last.length >= at && path.endsWith(last);
}

/** The same octets in one writing: escapes in capitals, and everything beyond ASCII escaped. */
function normalize(path: string): string {
  return path
    .toWellFormed()
    .replaceAll(/[^\u0020-\u007e]+/g, (text) => encodeURIComponent(text))
    .replaceAll(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase());
}
