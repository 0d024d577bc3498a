import { z } from 'zod';
import { createReach } from '../reachable.ts';
import { setting } from './setting.ts';

const place = z.string().superRefine((value, context) => {
  try {
    createReach([value]);
  } catch {
    const message = 'must hold host names, addresses or networks, like desk.internal, 10.0.0.7, 10.0.0.0/8 or loopback';
    context.addIssue({ code: 'custom', message });
  }
});

export const network = z
  .strictObject({
    allowPrivate: setting(z.array(place).default([]), {
      description:
        'What webhooks may call beside the public Internet: host names, addresses, networks, and loopback (this machine), linklocal or uniquelocal (local networks).',
      example: '[desk.internal, 10.1.0.0/16]',
    }),
  })
  .prefault({});
