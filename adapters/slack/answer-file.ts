import type { Destination, OutboundMessage, Receipt } from '../../src/message.ts';
import { cutMarkdown } from '../../src/split.ts';
import { parseDestination } from './conversation.ts';
import { messageLimit, splitForSlack } from './limits.ts';

/** Whether the answer goes out as its beginning and a file. What only one person sees cannot hold a file. */
export function goesAsFile(
  text: string,
  { after, to }: { readonly after: number | undefined; readonly to: Destination | undefined },
) {
  if (after === undefined || text.length <= after) return false;
  return (to && parseDestination(to)?.ephemeral) !== true;
}

/** So much of an answer stands before its file. */
const headLength = 1_500;
const note = '_This is the beginning. The whole answer is in the file below._';

/** The messages before the file, and the whole answer, which the file is to hold. `shown`: what people have seen growing already, message by message. */
export function splitAsFile(text: string, shown: readonly string[] = beginningOf(text)): string[] {
  const last = shown.at(-1) ?? '';
  const room = messageLimit - note.length - 2;
  const head = last.length > room ? (cutMarkdown(last, room)?.head ?? '') : last;
  return [...shown.slice(0, -1), `${head}\n\n${note}`, text];
}

function beginningOf(text: string): readonly string[] {
  const head = cutMarkdown(text, headLength)?.head ?? text;
  return splitForSlack(head).slice(0, 1);
}

/** A part that is longer than any message is a file: no other way of cutting makes one. */
export function isFile({ text }: Pick<OutboundMessage, 'text'>): boolean {
  return text.length > messageLimit;
}

/** Whether everything of the answer that is a message ends here. */
export function isEndOfMessages(message: OutboundMessage): boolean {
  const left = message.parts - 1 - message.part;
  return left === 0 ? !isFile(message) : left === 1 && message.text.endsWith(note);
}

/** It cannot be told by anything else: messages with files take no metadata. */
export function fileNameOf({ id }: Pick<OutboundMessage, 'id'>): string {
  return `answer-${id}.md`;
}

/** Of a part that is no single message: a file (`id` is that of the file), or a text in as many messages as it needs (`pieces`, besides the last). */
export function toFileReceipt(channel: string, file: string): Receipt {
  return { id: file, channel, kind: 'file' };
}

export function toPiecesReceipt(channel: string, ts: readonly string[]): Receipt {
  return { id: ts.at(-1) ?? '', channel, kind: 'pieces', pieces: ts.slice(0, -1).join(',') };
}

/** Whether it names something else than one message, which could be changed in place. */
export function isSeveral({ kind }: Receipt): boolean {
  return kind === 'file' || kind === 'pieces';
}

/** Where the file of an answer cannot be shared its text stands in messages, which have names of their own. The last one has that of the part. */
export function toPieceId({ id }: Pick<OutboundMessage, 'id'>, piece: number): string {
  return `${id}-${piece}`;
}
