import { z } from 'zod';
import { alerts } from './alerts.ts';
import { attachments } from './attachments.ts';
import { bot, conversation, memory, model } from './conversation.ts';
import { knowledge } from './knowledge.ts';
import { limits } from './limits.ts';
import { outbound } from './outbound.ts';
import { discord, slack } from './platforms.ts';
import { safety } from './safety.ts';
import { data, database, delivery, encryptionKeys, log, server, worker } from './server.ts';
import { tools } from './tools.ts';
import { webhookLog } from './webhook-log.ts';
import { webhooks } from './webhooks.ts';

/** All that can be configured, as it stands in parley.yaml. */
export const configSchema = z.strictObject({
  server,
  data,
  database,
  encryptionKeys,
  log,
  bot,
  conversation,
  memory,
  model,
  limits,
  safety,
  tools,
  knowledge,
  attachments,
  slack,
  discord,
  webhooks,
  webhookLog,
  alerts,
  outbound,
  worker,
  delivery,
});

/** The settings with their defaults, before what depends on other settings is filled in. */
export type Settings = z.output<typeof configSchema>;
