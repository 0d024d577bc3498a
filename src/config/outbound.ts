import { z } from 'zod';
import { networkOrHost } from './network.ts';
import { setting } from './setting.ts';

/** Where requests may go whose address is none of Parley's own: those of webhooks, and of documents. */
export const outbound = z
  .strictObject({
    allow: setting(z.array(networkOrHost).default([]), {
      description:
        'What answers to webhooks, tools and sources of documents may reach beside the public internet: networks, and names of hosts on a private network. Without it this machine, its networks and the metadata of its cloud are out of reach.',
      example: '["desk.internal", "10.20.0.0/16"]',
      defaultNote: 'nothing',
    }),
  })
  .prefault({});
