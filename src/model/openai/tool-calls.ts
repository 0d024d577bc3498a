import { ModelError } from '../../errors.ts';
import { toJson } from '../../json.ts';
import type { Json } from '../../message.ts';
import type { ToolCall } from '../model.ts';
import type { Endpoint } from './failure.ts';

export interface ToolCallReader {
  /** Takes what one frame says in. Throws a ModelError for more than anybody wants to read. */
  add(message: unknown): void;
  /** In the order in which they were begun. */
  calls(): readonly Omit<ToolCall, 'id'>[];
}

interface Slot {
  readonly index: number | undefined;
  id: string;
  name: string;
  arguments: string;
  extra: Json | undefined;
}

const maxCalls = 64;
const maxArgumentsLength = 256 * 1024;

/**
 * Puts the fragments of calls together. By the documentation each names the call by its `index`, and the first one has id and name. Compatible endpoints
 * leave the index out, number every call 0, send no ids, give arguments as an object, repeat the name, or send whole calls together in one frame.
 */
export function createToolCallReader({ host }: Endpoint): ToolCallReader {
  const slots: Slot[] = [];

  function slotFor({ index, id, name }: { index: number | undefined; id: string; name: string }): Slot {
    const isSame = (slot: Slot): boolean => id === '' || slot.id === '' || slot.id === id;
    const isMeant = (slot: Slot): boolean =>
      index === undefined ? id !== '' && slot.id === id : slot.index === index && isSame(slot);
    const known = slots.findLast(isMeant);
    if (known) return known;
    const last = slots.at(-1);
    if (index === undefined && id === '' && name === '' && last) return last;
    if (slots.length >= maxCalls)
      throw new ModelError({ message: `${host} called more than ${maxCalls} tools at once.`, retryable: true });
    const slot: Slot = { index, id, name: '', arguments: '', extra: undefined };
    slots.push(slot);
    return slot;
  }

  function addFragment(fragment: unknown): void {
    if (!isRecord(fragment)) return;
    const called = isRecord(fragment['function']) ? fragment['function'] : fragment;
    const id = textOf(fragment['id']);
    const name = textOf(called['name']);
    const index = typeof fragment['index'] === 'number' ? fragment['index'] : undefined;
    const slot = slotFor({ index, id, name });
    slot.id ||= id;
    slot.name ||= name;
    const { arguments: given } = called;
    if (typeof given === 'string') slot.arguments += given;
    else if (isRecord(given)) slot.arguments += JSON.stringify(given);
    // Gemini's thoughts behind a call are signed, and it refuses a call that comes back without.
    if (isRecord(fragment['extra_content'])) slot.extra = toJson(fragment['extra_content']);
    if (slot.arguments.length > maxArgumentsLength)
      throw new ModelError({
        message: `${host} called a tool with more than ${maxArgumentsLength} characters.`,
        retryable: true,
      });
  }

  return {
    add: (message) => {
      if (!isRecord(message)) return;
      const { tool_calls: calls, function_call: legacy } = message;
      if (Array.isArray(calls)) for (const fragment of calls) addFragment(fragment);
      else if (isRecord(legacy)) addFragment({ index: 0, function: legacy });
    },
    calls: () =>
      slots
        .filter(({ name, arguments: given }) => name !== '' || given !== '')
        .map(({ name, arguments: given, extra }) => ({
          name,
          arguments: given.trim() === '' ? '{}' : given,
          ...(extra === undefined ? {} : { echo: { host, content: extra } }),
        })),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
