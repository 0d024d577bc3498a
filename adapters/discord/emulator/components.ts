import { invalidField } from './reply.ts';
import type { Reply } from './reply.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The custom ids of the buttons in the components of a message. */
export function customIdsOf(components: readonly object[]): string[] {
  return components.flatMap((row) =>
    listOf((row as Fields)['components']).flatMap(({ custom_id: id }) => (typeof id === 'string' ? id : [])),
  );
}

/** What is wrong with the components of a message: rows of buttons, as the reference describes them. */
export function checkComponents(value: unknown): Reply | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length > 5)
    return invalidField('components', 'BASE_TYPE_BAD_LENGTH', 'Must be 5 or fewer in length.');
  for (const row of listOf(value)) {
    const buttons = listOf(row['components']);
    if (row['type'] !== 1 || buttons.length < 1 || buttons.length > 5) {
      return invalidField('components', 'COMPONENT_LAYOUT_WIDTH_EXCEEDED', 'The specified component exceeds the maximum width');
    }
    for (const button of buttons) {
      const { type, custom_id: id, style, label, emoji } = button;
      if (type !== 2 || typeof style !== 'number' || style < 1 || style > 4) {
        return invalidField('components', 'BASE_TYPE_CHOICES', 'Value must be one of (1, 2, 3, 4).');
      }
      if (!isLong(id, 1, 100)) return invalidField('components', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
      if (label === undefined && emoji === undefined) {
        return invalidField('components', 'BUTTON_COMPONENT_REQUIRED_FIELDS', 'A button must have a label or an emoji');
      }
      if (label !== undefined && !isLong(label, 1, 80)) {
        return invalidField('components', 'BASE_TYPE_MAX_LENGTH', 'Must be 80 or fewer in length.');
      }
    }
  }
  const ids = customIdsOf(listOf(value));
  if (new Set(ids).size < ids.length) {
    return invalidField('components', 'COMPONENT_CUSTOM_ID_DUPLICATED', 'Component custom id cannot be duplicated');
  }
  return undefined;
}

/** What is wrong with a modal: labels that hold a text input each. */
export function checkModal(data: Fields): Reply | undefined {
  const { custom_id: id, title } = data;
  const labels = listOf(data['components']);
  if (!isLong(id, 1, 100)) return invalidField('custom_id', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.');
  if (!isLong(title, 1, 45)) return invalidField('title', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 45 in length.');
  if (labels.length < 1 || labels.length > 5)
    return invalidField('components', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 5 in length.');
  for (const { type, label, component } of labels) {
    const input = typeof component === 'object' && component !== null ? (component as Fields) : {};
    if (type !== 18 || !isLong(label, 1, 45))
      return invalidField('components', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 45 in length.');
    if (input['type'] !== 4 || !isLong(input['custom_id'], 1, 100) || (input['style'] !== 1 && input['style'] !== 2)) {
      return invalidField('components', 'BASE_TYPE_CHOICES', 'Not a text input.');
    }
    if (Number(input['max_length'] ?? 4000) > 4000)
      return invalidField('components', 'NUMBER_TYPE_MAX', 'int value should be less than 4001.');
  }
  return undefined;
}

function isLong(value: unknown, from: number, to: number): boolean {
  return typeof value === 'string' && value.length >= from && value.length <= to;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as readonly Fields[]) : []; // whatever is in it is read as unknown
}
