import type { FindSensitive } from './redactor.ts';

/**
 * The placeholders of one request, as in `[EMAIL_1]`. They are numbered in the order in which their values appear, so that a conversation that goes on
 * has the same ones from turn to turn, and nothing has to be kept: what is numbered anew is what providers have to read anew in any case. They say
 * nothing of the value, and the same value has another one in another conversation.
 */
export interface Placeholders {
  /** The text with placeholders in place of values. */
  redact(text: string): string;
  /** The text with the values in place of their placeholders. What was not given out here stays as it is. */
  restore(text: string): string;
  /** The end of the text that may be the beginning of a placeholder; mostly nothing. */
  beginningIn(text: string): string;
  /** Whether any was given out. */
  readonly isEmpty: boolean;
}

/** Backslashes are what models put before an underscore, and before both brackets, where they write Markdown. */
const placeholderPattern = /\\\[[A-Z][A-Z0-9_\\]{0,60}_\d{1,7}\\\]|\[[A-Z][A-Z0-9_\\]{0,60}_\d{1,7}\]/g;
const beginning = /^\\?\[(?:[A-Z][A-Z0-9_\\]{0,70})?$/;

/** `texts` are all that the request says: what looks like a placeholder there is somebody's own words, and is never given out. */
export function createPlaceholders(find: FindSensitive, texts: Iterable<string>): Placeholders {
  const taken = new Set<string>();
  for (const text of texts) for (const [placeholder] of text.matchAll(placeholderPattern)) taken.add(toName(placeholder));
  const byValue = new Map<string, string>();
  const byName = new Map<string, string>();
  const counts = new Map<string, number>();

  function nameFor(label: string, value: string): string {
    const key = `${label} ${value}`;
    const known = byValue.get(key);
    if (known !== undefined) return known;
    let number = counts.get(label) ?? 0;
    do number += 1;
    while (taken.has(`${label}_${number}`));
    counts.set(label, number);
    const name = `${label}_${number}`;
    byValue.set(key, name);
    byName.set(name, value);
    return name;
  }

  function restore(text: string): string {
    return text.replaceAll(placeholderPattern, (placeholder) => byName.get(toName(placeholder)) ?? placeholder);
  }

  /** Whether this can go on to be a placeholder that was given out. */
  function mayBecome(name: string): boolean {
    return [...counts.keys()].some((label) => {
      const known = `${label}_`;
      return known.startsWith(name) || (name.startsWith(known) && /^\d{0,7}$/.test(name.slice(known.length)));
    });
  }

  return {
    redact: (text) => {
      let redacted = '';
      let from = 0;
      for (const { start, end, label } of find(text)) {
        // Arguments are looked through twice: what was redacted before is no value, but stands for one.
        redacted += `${text.slice(from, start)}[${nameFor(label, restore(text.slice(start, end)))}]`;
        from = end;
      }
      return from === 0 ? text : redacted + text.slice(from);
    },
    restore,
    beginningIn: (text) => {
      const bracket = text.lastIndexOf('[');
      const open = text[bracket - 1] === '\\' ? bracket - 1 : bracket;
      const begun = bracket < 0 ? '' : (beginning.exec(text.slice(open))?.[0] ?? '');
      if (begun !== '' && mayBecome(toName(begun))) return begun;
      return text.endsWith('\\') ? '\\' : '';
    },
    get isEmpty() {
      return byName.size === 0;
    },
  };
}

function toName(placeholder: string): string {
  return placeholder.replaceAll(/[[\]\\]/g, '');
}
