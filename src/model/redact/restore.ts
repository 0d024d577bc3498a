import type { Placeholders } from './placeholders.ts';

export interface Restoring {
  /** What can be shown of the text so far. */
  push(piece: string): string;
  /** What was held back: nothing more comes. */
  end(): string;
}

/** The longest text that could still become a placeholder is held back, and no more. */
export function createRestoring(placeholders: Placeholders): Restoring {
  let held = '';
  if (placeholders.isEmpty) return { push: (piece) => piece, end: () => '' };
  return {
    push: (piece) => {
      const text = held + piece;
      held = placeholders.beginningIn(text);
      return placeholders.restore(text.slice(0, text.length - held.length));
    },
    end: () => {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** Texts and numbers of a JSON document that is known to be one: then no quote stands open, and this is linear. */
const values = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** Arguments of a call as the model wrote them: each text in them gets its values back. What is no JSON stays as it is, and no tool takes it. */
export function restoreArguments(json: string, placeholders: Placeholders): string {
  if (placeholders.isEmpty || !isJson(json)) return json;
  return json.replaceAll(values, (value) => {
    if (!value.startsWith('"')) return value;
    const text = JSON.parse(value) as string; // of a document that was just parsed
    const restored = placeholders.restore(text);
    return restored === text ? value : JSON.stringify(restored);
  });
}

/** Arguments of an earlier call: texts and numbers without what is to be taken out, and then what only shows beside the name of its field. */
export function redactArguments(json: string, { redact }: Placeholders): string {
  if (!isJson(json)) return redact(json);
  const redacted = json.replaceAll(values, (value) => {
    const text = value.startsWith('"') ? (JSON.parse(value) as string) : value; // of a document that was just parsed
    const without = redact(text);
    return without === text ? value : JSON.stringify(without);
  });
  return redact(redacted);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
