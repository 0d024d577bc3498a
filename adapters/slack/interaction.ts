import type { AdapterContext } from '../../src/adapter.ts';
import { describeError } from '../../src/errors.ts';
import type { Author, InboundEvent } from '../../src/message.ts';
import { isRecord } from './receive.ts';
import type { ReceivingBot } from './receive.ts';

/**
 * What people press, choose and submit: payloads that Slack sends by HTTP as the field `payload` of a form, and by Socket Mode as `interactive`.
 * See https://docs.slack.dev/reference/interaction-payloads.
 */
const interactionTypes = ['block_actions', 'view_submission', 'view_closed', 'message_action', 'shortcut'] as const;
export type InteractionType = (typeof interactionTypes)[number];
const knownTypes = new Set<unknown>(interactionTypes);

type Fields = Readonly<Record<string, unknown>>;

/** One press, choice or submission of something that Parley has put there. */
export interface Interaction {
  readonly type: InteractionType;
  /** The name in its `action_id` or `callback_id`. */
  readonly name: string;
  /** What follows the name there; empty for most. */
  readonly detail: string;
  readonly tenant: string;
  /** Who did it: signed by Slack, like everything in the body. */
  readonly user: Author;
  /** The dedupe key: the same for every delivery of it. These payloads have no `event_id`. */
  readonly eventId: string;
  /** ms since 1970. */
  readonly receivedAt: number;
  /** Opens a view, once, within 3 seconds. */
  readonly triggerId: string | undefined;
  readonly body: Fields;
  /** Of `block_actions`: what was pressed or chosen. */
  readonly action: Fields;
  /** Of `view_submission` and `view_closed`, and of `block_actions` inside of a view. */
  readonly view: Fields | undefined;
}

/** What an interaction comes to. */
export interface InteractionOutcome {
  /** Saved before Slack gets its acknowledgement. */
  readonly events?: readonly InboundEvent[];
  /** What the acknowledgement holds: `response_action` and what belongs to it, for `view_submission`. */
  readonly response?: Fields | undefined;
  /** Done after the acknowledgement, and not again for a repetition of what is saved already. Whatever it throws is logged. */
  readonly afterwards?: (signal: AbortSignal) => Promise<void>;
  /** The same, where all of its events had been saved before. */
  readonly repeated?: (signal: AbortSignal) => Promise<void>;
  /** Whose rules count where it is not the author of the events, and under which id they are recorded where those refuse them. */
  readonly asker?: { readonly author: Author; readonly eventId: string };
}

/** Pure or quick: Slack waits for 3 seconds, and `response` cannot come later. */
export type InteractionHandler = (
  interaction: Interaction,
  bot: ReceivingBot,
) => InteractionOutcome | undefined | Promise<InteractionOutcome | undefined>;

/** By type and name, as in `block_actions:regenerate`. */
export type InteractionHandlers = Readonly<Partial<Record<`${InteractionType}:${string}`, InteractionHandler>>>;

/** Tells Parley's ids from those of whatever else the app shows. */
const prefix = 'parley.';

/** An `action_id` or `callback_id` that leads to the handler of this name, as in `parley.regenerate` or `parley.model:gpt`; 255 characters at most. */
export function toInteractionId(name: string, detail = ''): string {
  return `${prefix}${name}${detail === '' ? '' : `:${detail}`}`;
}

export function isInteraction(body: Fields): boolean {
  return knownTypes.has(body['type']);
}

/** What of it is Parley's; nothing where the payload is not as documented. Safe with any body. */
export function parseInteractions(body: Fields, receivedAt: number): Interaction[] {
  const type = interactionTypes.find((each) => body['type'] === each);
  const user = authorIn(body['user']);
  const tenant = tenantOfInteraction(body);
  if (!type || !user || tenant === '') return [];
  const view = isRecord(body['view']) ? body['view'] : undefined;
  const triggerId = text(body['trigger_id']) || undefined;
  return targetsOf(type, body, view).flatMap(({ id, action }) => {
    const [, name, detail = ''] = /^parley\.([\w-]{1,80})(?::(.*))?$/s.exec(id) ?? [];
    const key = name === undefined ? undefined : keyOf({ type, id, user, body, action, view });
    if (name === undefined || key === undefined || key.length > 1_000) return [];
    return [{ type, name, detail, tenant, user, eventId: key, receivedAt, triggerId, body, action, view }];
  });
}

/** In an organisation `team` is null, and a view may have been opened in another workspace than that of the app. */
export function tenantOfInteraction({ view, team, user, enterprise }: Fields): string {
  const installed = isRecord(view) ? text(view['app_installed_team_id']) : '';
  return installed || idIn(team) || (isRecord(user) ? text(user['team_id']) : '') || idIn(enterprise);
}

interface Target {
  readonly id: string;
  readonly action: Fields;
}

function targetsOf(type: InteractionType, body: Fields, view: Fields | undefined): Target[] {
  if (type === 'block_actions') {
    const actions: readonly unknown[] = Array.isArray(body['actions']) ? body['actions'] : [];
    return actions.filter(isRecord).map((action) => ({ id: text(action['action_id']), action }));
  }
  const isOfView = type === 'view_submission' || type === 'view_closed';
  return [{ id: text(isOfView ? view?.['callback_id'] : body['callback_id']), action: {} }];
}

interface Keyed extends Target {
  readonly type: InteractionType;
  readonly user: Author;
  readonly body: Fields;
  readonly view: Fields | undefined;
}

/** Two presses of one button are two: they differ in `action_ts`. Undefined where what it is made of is missing. */
function keyOf({ type, id, user, body, action, view }: Keyed): string | undefined {
  const viewId = text(view?.['id']);
  if (type === 'block_actions') {
    const place = viewId || [text(channelIn(body)), text(messageTsIn(body))].join(':');
    const actionTs = text(action['action_ts']);
    return actionTs === '' ? undefined : `action:${place}:${user.id}:${actionTs}:${id}`;
  }
  if (type === 'view_submission') return viewId === '' ? undefined : `view:${viewId}:${text(view?.['hash'])}`;
  if (type === 'view_closed') return viewId === '' ? undefined : `view:${viewId}:closed`;
  const trigger = text(body['trigger_id']);
  return trigger === '' ? undefined : `shortcut:${trigger}`;
}

/** Id of the channel that it happened in. */
export function channelIn({ channel, container }: Fields): string | undefined {
  return idIn(channel) || (isRecord(container) ? text(container['channel_id']) : '') || undefined;
}

/** `ts` of the message that was acted on. */
export function messageTsIn({ message, container, message_ts: ts }: Fields): string | undefined {
  const own = isRecord(message) ? text(message['ts']) : '';
  return own || text(ts) || (isRecord(container) ? text(container['message_ts']) : '') || undefined;
}

function authorIn(user: unknown): Author | undefined {
  if (!isRecord(user)) return undefined;
  const id = text(user['id']);
  return id === '' ? undefined : { id, name: text(user['username']) || text(user['name']) || id, isBot: false };
}

export interface InteractionOptions {
  readonly handlers: InteractionHandlers;
  /** Puts the events into their place and saves them. */
  readonly take: (events: readonly InboundEvent[], asker?: InteractionOutcome['asker']) => ReturnType<AdapterContext['accept']>;
  readonly bot: ReceivingBot;
  readonly log: AdapterContext['log'];
  readonly signal: AbortSignal;
}

/** Saves what the payload comes to, and resolves with what its acknowledgement is to hold. Rejects where it could not be saved. */
export async function receiveInteraction(
  body: Fields,
  { handlers, take, bot, log, signal }: InteractionOptions,
): Promise<{ readonly response: Fields | undefined; readonly afterwards: () => void }> {
  const outcomes: InteractionOutcome[] = [];
  for (const interaction of parseInteractions(body, bot.receivedAt)) {
    const outcome = await handlers[`${interaction.type}:${interaction.name}`]?.(interaction, bot);
    if (outcome) outcomes.push(outcome);
  }
  const isNew: boolean[] = [];
  for (const { events = [], asker } of outcomes) {
    const results = events.length > 0 ? await take(events, asker) : [];
    isNew.push(events.length === 0 || results.some(({ status }) => status === 'accepted' || status === 'ignored'));
  }
  const run = async ({ afterwards, repeated }: InteractionOutcome, isFirst: boolean): Promise<void> => {
    await (isFirst ? afterwards : repeated)?.(signal);
  };
  return {
    response: outcomes.find(({ response }) => response !== undefined)?.response,
    afterwards: () => {
      for (const [index, outcome] of outcomes.entries()) {
        run(outcome, isNew[index] ?? false).catch((error: unknown) =>
          log.warn('slack interaction was saved, but not answered', { type: body['type'], error: describeError(error) }),
        );
      }
    },
  };
}

function idIn(value: unknown): string {
  return isRecord(value) ? text(value['id']) : '';
}

/** Ids go into keys: anything longer is none of Slack's. */
function text(value: unknown): string {
  return typeof value === 'string' && value.length <= 255 ? value : '';
}
