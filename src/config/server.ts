import { z } from 'zod';
import { findKeyProblem } from '../secret-box.ts';
import { count, secretText, setting, text, url } from './setting.ts';

export const server = z
  .strictObject({
    port: setting(z.int().min(0).max(65_535).default(3000), {
      env: 'PORT',
      description: 'Port of the HTTP server. 0 takes any free one.',
      example: '3000',
    }),
    host: setting(text.default('127.0.0.1'), {
      env: 'HOST',
      description: 'Address to listen on. The default is reached from this machine only; 0.0.0.0 opens it to the network.',
      example: '0.0.0.0',
    }),
    publicUrl: setting(url.optional(), {
      env: 'PUBLIC_URL',
      description: 'Where the outside world reaches this server: for the links that Parley gives out.',
      example: 'https://parley.example.com',
    }),
    trustProxy: setting(
      z
        .union([z.literal(false), z.int().min(1).max(10), z.array(z.string().min(1)).min(1)], {
          error: 'must be false, the number of proxies in front, or a list of their addresses',
        })
        .default(false),
      {
        description:
          'Whose X-Forwarded-For to believe: false for nobody, the number of proxies in front, or a list of their addresses (loopback, 10.0.0.0/8).',
        example: '1',
      },
    ),
    maxBodyBytes: setting(
      z
        .int()
        .min(1024)
        .max(64 * 1024 * 1024)
        .default(1024 * 1024),
      {
        description: 'The largest request body that is read, in bytes. More is answered with 413.',
        example: '1048576',
      },
    ),
    metricsToken: setting(secretText.min(16, 'must have at least 16 characters').optional(), {
      env: 'METRICS_TOKEN',
      secret: true,
      description: 'Switches /metrics on, in the format of Prometheus. A scraper shows it as `Authorization: Bearer`.',
      example: 'a long random text',
    }),
    tls: z
      .strictObject({
        cert: setting(text, {
          description: "File with the server's certificate and those that lead to its authority, in PEM: HTTPS is spoken then.",
          example: '/etc/parley/tls/fullchain.pem',
        }),
        key: setting(text, { description: 'File with its key, in PEM.', example: '/etc/parley/tls/privkey.pem' }),
        clientCa: setting(text.optional(), {
          description: 'File with the authority of client certificates, in PEM: sources of webhooks may ask for one (`mtls`).',
          example: '/etc/parley/tls/clients.pem',
        }),
      })
      .optional(),
    accessLog: setting(z.boolean().default(true), { description: 'Whether each HTTP request is logged.', example: 'false' }),
  })
  .prefault({});

export const log = z
  .strictObject({
    level: setting(z.enum(['debug', 'info', 'warn', 'error']).default('info'), {
      env: 'LOG_LEVEL',
      description: 'The least important kind of line that is logged.',
      example: 'debug',
    }),
    format: setting(z.enum(['auto', 'pretty', 'json']).default('auto'), {
      description: 'How lines look. auto: pretty in a terminal, JSON elsewhere.',
      example: 'json',
    }),
  })
  .prefault({});

export const data = setting(text.default('./data'), {
  env: 'PARLEY_DATA',
  description: 'Folder for the database and everything else that Parley writes. One running Parley to a folder.',
  example: '/var/lib/parley',
});

export const encryptionKeys = setting(
  z
    .string()
    .check((context) => {
      const problem = findKeyProblem(context.value);
      if (problem !== undefined) context.issues.push({ code: 'custom', message: problem, input: context.value });
    })
    .optional(),
  {
    env: 'PARLEY_ENCRYPTION_KEYS',
    secret: true,
    description:
      'Keys for the tokens that Parley keeps: id:key with 32 random bytes in base64, and commas between them. The first one seals, all of them open.',
    example: 'k1:...',
  },
);

export const database = setting(text.optional(), {
  env: 'DATABASE_URL',
  fromFile: true,
  description: 'The database: sqlite:PATH. PostgreSQL is not supported by this version.',
  example: 'sqlite:/var/lib/parley/parley.db',
  defaultNote: 'parley.db in the data folder',
});

export const worker = z
  .strictObject({
    concurrency: setting(count.max(100_000).default(256), {
      description: 'How many conversations are worked on at once.',
      example: '64',
    }),
    leaseSeconds: setting(z.number().min(1).max(3600).default(60), {
      description:
        'How long a turn or a delivery belongs to its process without a sign of life, before another one takes it up. At least 3 times delivery.timeoutSeconds.',
      example: '60',
    }),
    maxAttempts: setting(count.max(100).default(5), {
      description:
        'How often a turn is tried before it becomes a dead letter. As many deaths of the process under a turn, but five at least, end it, too.',
      example: '5',
    }),
    drainSeconds: setting(z.number().min(0).max(600).default(10), {
      description:
        'How long a stop waits for running turns. What is not done then is handed back and taken up at the next start.',
      example: '10',
    }),
  })
  .prefault({});

export const delivery = z
  .strictObject({
    expiryMinutes: setting(
      z
        .number()
        .positive()
        .max(7 * 24 * 60)
        .default(60),
      {
        description: 'How long an answer is tried to be delivered before it becomes a dead letter.',
        example: '60',
      },
    ),
    baseDelayMs: setting(count.max(600_000).default(500), {
      description: 'Longest wait before the second attempt. It doubles with every further one.',
      example: '500',
    }),
    maxDelaySeconds: setting(z.number().positive().max(86_400).default(60), {
      description: 'Longest wait between two attempts, unless the platform asks for more.',
      example: '60',
    }),
    maxAttempts: setting(count.max(1000).default(20), {
      description: 'How often a delivery is tried at most.',
      example: '20',
    }),
    timeoutSeconds: setting(z.number().positive().max(600).default(15), {
      description: 'How long one attempt may take: a third of worker.leaseSeconds at most.',
      example: '15',
    }),
  })
  .prefault({});
