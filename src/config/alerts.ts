import { z } from 'zod';
import { count, setting, signingKey, url } from './setting.ts';

export const alerts = z
  .strictObject({
    failures: setting(count.max(10_000).default(5), {
      description: 'How many failures in a row of a source of webhooks, a callback, a platform or a model raise an alert.',
      example: '3',
    }),
    intervalMinutes: setting(
      z
        .number()
        .positive()
        .max(7 * 24 * 60)
        .default(60),
      {
        description: 'Of one of them no second alert is raised within this time.',
        example: '15',
      },
    ),
    url: setting(url.optional(), {
      env: 'ALERTS_URL',
      secret: true,
      description: 'Where alerts are sent to, beside the log.',
      example: 'https://alerts.example.com/parley',
    }),
    secret: setting(signingKey.optional(), {
      env: 'ALERTS_SECRET',
      secret: true,
      description: 'Signs them by Standard Webhooks.',
      example: 'whsec_...',
    }),
  })
  .prefault({});
