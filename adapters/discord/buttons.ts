import type { OutboundMessage } from '../../src/message.ts';
import { isRecord, recordsOf, textOf } from './record.ts';
import type { Fields } from './record.ts';

/** What a press or a form is about. */
export type ButtonName = 'regenerate' | 'good' | 'bad' | 'stop' | 'solved' | 'approve' | 'decline';

/** Ours are told from those of other code of the same application by this. */
const prefix = 'parley:';
const reasonField = 'reason';
const maxReason = 1000;

/** Kinds of components and styles, by Discord's numbers. */
const kinds = { row: 1, button: 2, textInput: 4, label: 18 } as const;
const secondary = 2;
const paragraph = 2;

/** Of a destination, with the value `yes`: it is a post that can be marked as solved. */
export const inPost = 'post';

/** Under an answer while it grows: `id` is that of its first part, so that a press means this answer and none that comes after it. */
export function stopRow(id: string): readonly object[] {
  return toRow([{ name: 'stop', id, emoji: '⏹️', label: 'Stop' }]);
}

/** What is on a message that has no buttons (any more). */
const noButtons: readonly object[] = [];

/** The buttons of a complete message: under the last part of an answer only. They carry its id, which the core knows it by. */
export function buttonsOf({ id, part, parts, destination, approval }: OutboundMessage): readonly object[] {
  if (approval) return approval.isOpen ? approvalRow(approval.id) : noButtons;
  if (part < parts - 1 || destination['buttons'] === 'none') return noButtons;
  return toRow([
    { name: 'regenerate', id, emoji: '🔁', label: 'Again' },
    { name: 'good', id, emoji: '👍' },
    { name: 'bad', id, emoji: '👎' },
    ...(destination[inPost] === 'yes' ? [{ name: 'solved', emoji: '✅', label: 'Solved' } as const] : []),
  ]);
}

/** Under a request for approval. They carry its id, and a press means that one alone. */
function approvalRow(id: string): readonly object[] {
  return toRow([
    { name: 'approve', id, emoji: '✅', label: 'Approve' },
    { name: 'decline', id, emoji: '🚫', label: 'Decline' },
  ]);
}

/** Whether a message as Discord gives it back carries these buttons. */
export function hasButtons(message: Fields, wanted: readonly object[]): boolean {
  return idsOf(message['components']).join() === idsOf(wanted).join();
}

export interface Pressed {
  readonly name: ButtonName;
  /** `id` of the OutboundMessage that carries it. A Stop button of an earlier version has none. */
  readonly outboundId?: string;
}

/** Undefined for a button that is none of ours. */
export function parseButton(customId: unknown): Pressed | undefined {
  const [, name, outboundId] =
    /^parley:(regenerate|good|bad|stop|solved|approve|decline)(?::([0-9a-z]{1,40}))?$/.exec(textOf(customId) ?? '') ?? [];
  if (name === undefined) return undefined;
  return { name: name as ButtonName, ...(outboundId === undefined ? {} : { outboundId }) }; // one of those of the pattern
}

/** The form that asks why an answer was bad. */
export function reasonForm(messageId: string, outboundId: string | undefined): object {
  const input = { type: kinds.textInput, custom_id: reasonField, style: paragraph, required: false, max_length: maxReason };
  return {
    custom_id: `${prefix}reason:${messageId}:${outboundId ?? ''}`,
    title: 'What was wrong with the answer?',
    components: [{ type: kinds.label, label: 'In a few words, if you like', component: input }],
  };
}

export interface Reason {
  readonly messageId: string;
  readonly outboundId?: string;
  readonly reason: string;
}

/** Undefined for a form that is none of ours. */
export function parseReason(data: Fields): Reason | undefined {
  const [, messageId, outboundId = ''] =
    /^parley:reason:(\d{1,20}):([0-9a-z]{0,40})$/.exec(textOf(data['custom_id']) ?? '') ?? [];
  if (messageId === undefined) return undefined;
  const field = recordsOf(data['components'])
    .map(({ component }) => component)
    .find((component) => isRecord(component) && component['custom_id'] === reasonField);
  const given = isRecord(field) ? (textOf(field['value']) ?? '') : '';
  const reason = given.slice(0, maxReason).toWellFormed().trim();
  return { messageId, reason, ...(outboundId === '' ? {} : { outboundId }) };
}

interface Button {
  readonly name: ButtonName;
  readonly id?: string;
  readonly emoji: string;
  readonly label?: string;
}

function toRow(buttons: readonly Button[]): readonly object[] {
  const components = buttons.map(({ name, id, emoji, label }) => ({
    ...{
      type: kinds.button,
      style: secondary,
      custom_id: `${prefix}${name}${id === undefined ? '' : `:${id}`}`,
      emoji: { name: emoji },
    },
    ...(label === undefined ? {} : { label }),
  }));
  return [{ type: kinds.row, components }];
}

function idsOf(components: unknown): string[] {
  return recordsOf(components).flatMap((row) => recordsOf(row['components']).map(({ custom_id: id }) => textOf(id) ?? ''));
}
