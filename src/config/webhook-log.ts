import { z } from 'zod';
import { setting } from './setting.ts';

export const webhookLog = z
  .strictObject({
    keep: setting(z.int().min(0).max(1_000_000).default(5_000), {
      description:
        'How many requests of genuine senders the delivery log holds, and a tenth as many of others; all that is refused is counted. 0 for no log.',
      example: '20000',
    }),
    days: setting(z.number().positive().max(3650).default(14), {
      description: 'How long they stay in it at most.',
      example: '30',
    }),
    bodies: setting(z.boolean().default(true), {
      description:
        'Whether the bodies of genuine requests are kept, up to 64 KiB each and 64 MiB in all: without them nothing can be replayed.',
      example: 'false',
    }),
  })
  .prefault({});
