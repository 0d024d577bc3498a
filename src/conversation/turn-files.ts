import type { Adapter } from '../adapter.ts';
import { toFileBlock, type BlockFile } from '../file-block.ts';
import type { ReadFile, ReadFiles } from '../files/read-files.ts';
import type { InboundMessage } from '../message.ts';
import { tokensPerImage, type ModelImage } from '../model/model.ts';

/** What came with one question. */
export interface QuestionFiles {
  /** As it stands in the conversation: see file-block.ts. */
  readonly text: string;
  readonly images: readonly ModelImage[];
  /** A line for each file that was not read. */
  readonly unread: readonly string[];
}

export interface FileMeans {
  readonly readFiles: ReadFiles;
  readonly download: Adapter['download'];
  readonly conversationId: string;
  readonly contextTokens: number;
}

/** Reads what came with the questions, in their order; undefined for those that nothing came with. */
export async function readQuestionFiles(
  means: FileMeans,
  questions: readonly InboundMessage[],
  signal: AbortSignal,
): Promise<readonly (QuestionFiles | undefined)[]> {
  // Together they leave room for words.
  let imagesLeft = Math.max(1, Math.floor(means.contextTokens / 2 / tokensPerImage));
  const read = await Promise.all(questions.map((question) => readFilesOf(means, question, signal)));
  return read.map((files) => {
    if (files.length === 0) return undefined;
    const fitting = files.map((file): ReadFile => {
      if (file.type !== 'image') return file;
      imagesLeft -= 1;
      if (imagesLeft >= 0) return file;
      return { type: 'unread', name: file.name, reason: 'there are more images than the model is shown at once' };
    });
    return toQuestionFiles(fitting);
  });
}

async function readFilesOf(
  { readFiles, download, conversationId }: FileMeans,
  { attachments, tenant, destination }: InboundMessage,
  signal: AbortSignal,
): Promise<readonly ReadFile[]> {
  if (attachments.length === 0) return [];
  const fetchFile: Parameters<ReadFiles>[0]['download'] =
    download && ((file, signal) => download({ ...file, tenant, destination }, signal));
  return readFiles({ attachments, conversationId, download: fetchFile }, signal);
}

function toQuestionFiles(files: readonly ReadFile[]): QuestionFiles {
  const images: ModelImage[] = [];
  const unread: string[] = [];
  const entries = files.map((file): BlockFile => {
    const { name } = file;
    if (file.type === 'text') return { name, text: file.text, note: file.note };
    if (file.type === 'image') {
      const { mimeType, base64 } = file;
      images.push({ mimeType, base64 });
      return { name, note: `image ${images.length}, shown when this message was new` };
    }
    unread.push(`${name}: ${file.reason}.`);
    return { name, note: `not read: ${file.reason}` };
  });
  return { text: toFileBlock(entries), images, unread };
}

/** What the person is to know, whatever the model makes of it; empty where all was read. */
export function toUnreadNote(files: readonly (QuestionFiles | undefined)[]): string {
  const lines = files.flatMap((file) => file?.unread ?? []);
  if (lines.length <= 1) return lines.map((line) => `_Not read: ${line}_`).join('');
  return `_Not read:_\n${lines.map((line) => `- ${line}`).join('\n')}`;
}
