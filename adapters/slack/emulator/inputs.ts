import { isRecord, Refusal, string } from './arguments.ts';
import type { Block } from './blocks.ts';

/**
 * What a person has filled into a field, as `view.state.values` has it: https://docs.slack.dev/reference/block-kit/block-elements.
 * What is left alone stays as the form gave it. People are given by their names, with commas between them.
 */
export function filledIn(field: Block, value: string | undefined, idOf: (name: string) => string): Record<string, unknown> {
  const { type, options, initial_option: option, initial_value: text, initial_users: users } = field;
  if (type === 'static_select') {
    const choices: readonly unknown[] = Array.isArray(options) ? options : [];
    const chosen = value === undefined ? option : choices.find((each) => isRecord(each) && each['value'] === value);
    if (value !== undefined && !chosen) throw new RangeError(`There is no choice "${value}".`);
    return { type, selected_option: chosen ?? null };
  }
  if (type === 'conversations_select') return { type, selected_conversation: value ?? null };
  if (type === 'multi_users_select') {
    const chosen = value?.split(',').filter((name) => name !== '');
    return { type, selected_users: chosen?.map(idOf) ?? users ?? [] };
  }
  if (value !== undefined && value.length > Number(field['max_length'] ?? 3_000))
    throw new RangeError('The field takes no text that long.');
  return { type, value: value ?? text ?? null };
}

const maxChoices = 100;

/** The limits of what can be filled in. */
export function checkInputs(blocks: readonly unknown[]): void {
  for (const block of blocks) {
    if (!isRecord(block) || block['type'] !== 'input') continue;
    const { element, label } = block;
    if (!isRecord(element) || !isRecord(label) || !isFit(element) || string(label['text']).length > 2_000)
      throw new Refusal('invalid_arguments');
  }
}

function isFit({
  type,
  options,
  initial_option: initial,
  initial_value: text,
  initial_users: users,
  max_length: most,
}: Block): boolean {
  if (type === 'static_select') {
    if (!Array.isArray(options) || options.length === 0 || options.length > maxChoices || !options.every(isOption)) return false;
    return initial === undefined || options.some((option) => JSON.stringify(option) === JSON.stringify(initial));
  }
  if (type === 'plain_text_input') {
    const limit = most === undefined ? 3_000 : Number(most);
    return limit >= 1 && limit <= 3_000 && (text === undefined || string(text).length <= limit);
  }
  if (type === 'multi_users_select') return users === undefined || (Array.isArray(users) && users.length > 0);
  return type === 'conversations_select';
}

function isOption(option: unknown): boolean {
  if (!isRecord(option) || !isRecord(option['text'])) return false;
  const { text, value } = option;
  const label = string(text['text']);
  return label !== '' && label.length <= 75 && string(value) !== '' && string(value).length <= 150;
}
