import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { toChunkId } from '../../src/ids.ts';
import { maxMessage, toMessageTexts } from './format.ts';
import { recordsOf } from './record.ts';
import type { Fields } from './record.ts';

export interface AnswerFile {
  readonly name: string;
  /** Markdown, as the model wrote it. */
  readonly text: string;
}

/** What a message is to carry besides its text: a file, or none any more. Where it is left out, what it carries stays. */
export type Attached = AnswerFile | 'nothing';

const note = '*This is the beginning. The whole answer is in the file below.*';

/** So much of an answer stands above its file, and so much of any is shown while it grows where it may come to that: nothing is taken back. */
export const headLimit = maxMessage - note.length - 2;
/** More than this is never shown of it, whatever it looks like on Discord. */
const enough = 8_000;

/** The texts of the messages that an answer goes out as. One of more than `fileAfter` characters is a single one, which carries a file. */
export function splitForDiscord(markdown: string, fileAfter: number | undefined): string[] {
  return fileAfter !== undefined && markdown.length > fileAfter ? [markdown] : toMessageTexts(markdown);
}

/** A part that is longer than any message goes out as its beginning and a file: no other way of cutting makes one. */
export function isFile({ text }: Pick<OutboundMessage, 'text'>): boolean {
  return text.length > maxMessage;
}

/** The beginning of an answer whose whole text is in the file. */
export function headOf(markdown: string): string {
  const [head = ''] = toMessageTexts(markdown.slice(0, enough).toWellFormed(), headLimit);
  return head === '' ? note : `${head}\n\n${note}`;
}

export function fileOf({ id, text }: Pick<OutboundMessage, 'id' | 'text'>): AnswerFile {
  return { name: `answer-${id}.md`, text };
}

/** Whether a message as Discord gives it back carries this; `undefined` for anything. */
export function carries(message: Fields, attached: Attached | undefined): boolean {
  if (attached === undefined) return true;
  const names = recordsOf(message['attachments']).map(({ filename }) => filename);
  return attached === 'nothing' ? names.length === 0 : names.join('/') === attached.name;
}

export interface Upload {
  readonly body: { readonly attachments?: readonly object[] };
  readonly files?: readonly RawFile[];
}

export interface RawFile {
  readonly name: string;
  readonly data: Buffer;
  readonly contentType: string;
}

/** The part of a request that makes a message carry this. An edit takes away what `attachments` does not list. */
export function toUpload(attached: Attached | undefined): Upload {
  if (attached === undefined) return { body: {} };
  if (attached === 'nothing') return { body: { attachments: [] } };
  const { name, text } = attached;
  return {
    body: { attachments: [{ id: 0, filename: name }] },
    files: [{ name, data: Buffer.from(text, 'utf8'), contentType: 'text/markdown; charset=utf-8' }],
  };
}

/** Of the text of a file that could not be sent, one message of several; the buttons know the answer by `answerId`. */
export interface Piece extends OutboundMessage {
  readonly answerId?: string;
}

/** The first one has the id of the part: that may have been opened by a stream, or carry the file that another attempt has sent. */
export function toPieceId({ id }: Pick<OutboundMessage, 'id'>, piece: number): string {
  return piece === 0 ? id : toChunkId(id, piece);
}

const several = 'pieces';

/** Of a part that is no single message; `id` is that of the first. */
export function toPiecesReceipt([first, ...others]: readonly [Receipt, ...Receipt[]]): Receipt {
  return others.length === 0 ? first : { ...first, kind: several, pieces: others.map(({ id }) => id).join() };
}

/** The messages that stand behind a receipt, in order. */
export function toReceipts({ kind, pieces = '', ...first }: Receipt): readonly [Receipt, ...Receipt[]] {
  const others = kind === several ? pieces.split(',').filter((id) => id !== '') : [];
  return [first, ...others.map((id) => ({ ...first, id }))];
}
