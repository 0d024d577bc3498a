import { z } from 'zod';
import { count, setting } from './setting.ts';

export const attachments = z
  .strictObject({
    read: setting(z.boolean().default(true), {
      description:
        'Whether files that come with messages are read: text, code, CSV, JSON, HTML, PDF and DOCX, images where model.vision is on, recordings where model.transcription is set.',
      example: 'false',
    }),
    maxMegabytes: setting(z.number().positive().max(60).default(20), {
      description: 'The largest file that is read.',
      example: '10',
    }),
    maxFiles: setting(count.max(20).default(10), {
      description: 'How many files of one message are read.',
      example: '5',
    }),
    maxPages: setting(count.max(5000).default(300), {
      description: 'How many pages of a PDF are read.',
      example: '100',
    }),
    maxCharacters: setting(z.int().min(1000).max(2_000_000).default(100_000), {
      description:
        'How much text of one file is read and kept with the conversation. The model gets what fits into conversation.contextTokens.',
      example: '50000',
    }),
    timeoutSeconds: setting(z.number().min(1).max(300).default(30), {
      description: 'How long one file may take to arrive, and as long again to be read.',
      example: '20',
    }),
  })
  .prefault({});
