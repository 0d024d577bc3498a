import type { Clock } from '../../../src/clock.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import {
  toChangeEvent,
  toCommandBody,
  toDeleteEvent,
  toTombstoneEvent,
  toEnvelope,
  toMentionEvent,
  toMessageEvent,
  toOpenedEvent,
  toStopEvent,
} from './payloads.ts';
import type { AppOpening, EnvelopeData, EventBody, SlashCommand } from './payloads.ts';
import { onCommandAnswer } from './responses.ts';
import type { StoredMessage, World, WorldChange } from './world.ts';

/** Which of the two events of one mention is sent first. */
export type EventOrder = 'app_mention' | 'message';

export interface AnnouncerOptions {
  readonly world: World;
  readonly clock: Pick<Clock, 'now'>;
  readonly deliveries: Deliveries;
  /** Whether the bot is told of what it does itself. */
  readonly echoes: boolean;
  /** Through which installation events come; undefined where there is none, and so no event. */
  readonly place?: () => EnvelopeData['place'];
}

export interface StopPress {
  readonly channel: string;
  readonly threadTs: string;
  /** Id of the person. */
  readonly user: string;
  readonly streams: readonly string[];
}

/** Tells the bot what happens, by one or two events each. */
export interface Announcer {
  posted(message: StoredMessage, order: EventOrder): readonly Delivery[];
  changed(message: StoredMessage, previous: StoredMessage): readonly Delivery[];
  deleted(previous: StoredMessage): readonly Delivery[];
  command(command: Omit<SlashCommand, 'triggerId' | 'responseUrl'>): Delivery;
  /** Something was pressed, chosen or submitted. */
  interaction(body: EventBody): Delivery;
  uninstalled(): Delivery;
  opened(opening: Omit<AppOpening, 'eventTs'>): Delivery;
  /** `streams` are those of the thread that grew. */
  stopped(stop: StopPress): Delivery;
  /** Ids of people, and of bots, whose tokens are no good any more. */
  revoked(tokens: { readonly oauth: readonly string[]; readonly bot: readonly string[] }): Delivery;
  redeliver(said: { readonly ts: string }, copies: number): readonly Delivery[];
}

export function createAnnouncer({ world, clock, deliveries, echoes, place = () => ({}) }: AnnouncerOptions): Announcer {
  /** What was sent about each message, to be sent again. */
  const sent = new Map<string, EventBody[]>();
  let count = 0;
  function send(event: EventBody, messageTs?: string): Delivery[] {
    if (!place()) return [];
    count += 1;
    const eventId = `Ev${world.serial}${String(count).padStart(8, '0')}`;
    const body = toEnvelope(world, event, { eventId, now: clock.now(), place: place() });
    if (messageTs !== undefined) sent.set(messageTs, [...(sent.get(messageTs) ?? []), body]);
    return [deliveries.add({ id: eventId, kind: 'event', type: typeOf(event), body, messageTs })];
  }

  function posted(message: StoredMessage, order: EventOrder): readonly Delivery[] {
    const channel = world.channels.get(message.channelId);
    if (!channel?.hasBot) return [];
    const sendMessage = (): Delivery[] => send(toMessageEvent(world, message), message.ts);
    const isMention = channel.type !== 'im' && message.text.includes(`<@${world.bot.id}>`);
    if (!isMention) return sendMessage();
    const sendMention = (): Delivery[] => send(toMentionEvent(world, message), message.ts);
    return order === 'message' ? [...sendMessage(), ...sendMention()] : [...sendMention(), ...sendMessage()];
  }

  const changed = (message: StoredMessage, previous: StoredMessage): readonly Delivery[] =>
    send(toChangeEvent(world, { message, previous, eventTs: world.nextTs() }), message.ts);

  const deleted = (previous: StoredMessage): readonly Delivery[] => {
    const toEvent = world.isTombstone({ ...previous, deleted: true }) ? toTombstoneEvent : toDeleteEvent;
    return send(toEvent(world, previous, world.nextTs()), previous.ts);
  };

  /** Its own posts, the end of its streams, its edits; and that a reply now hangs under the root, which changes nothing of the root's text. */
  function echo({ type, message, previous }: WorldChange): void {
    if (!message.user.isBot || !world.channels.get(message.channelId)?.hasBot) return;
    if (type === 'deleted') deleted(previous ?? message);
    else if (type === 'posted') echoPost(message);
    else if (previous && message.streamingState !== 'in_progress') changed(message, previous);
  }

  function echoPost(message: StoredMessage): void {
    send(toMessageEvent(world, message), message.ts);
    const root = message.threadTs === undefined ? undefined : world.find(message.channelId, message.threadTs);
    if (root) changed(root, root);
  }

  if (echoes) world.onChange(echo);
  return {
    posted,
    changed,
    deleted,
    ...announceDeeds(world, deliveries),
    ...announceOthers(send, () => world.nextTs()),
    redeliver: ({ ts }, copies) => {
      const bodies = Array.from({ length: copies }, () => sent.get(ts) ?? []).flat();
      return bodies.map((body) => deliveries.add({ ...idOf(body), kind: 'event', body, messageTs: ts }));
    },
  };
}

/** What people do that is no event: each is one request. */
function announceDeeds(world: World, deliveries: Deliveries): Pick<Announcer, 'command' | 'interaction'> {
  let count = 0;
  return {
    command: (command) => {
      const triggerId = world.desk.issueTrigger(command.user.id);
      const place = { channelId: command.channel.id, userId: command.user.id };
      const responseUrl = world.desk.issueResponseUrl(place);
      const body = toCommandBody(world, { ...command, triggerId, responseUrl });
      const given = { id: triggerId, kind: 'command', type: command.command, body, messageTs: undefined } as const;
      const delivery = deliveries.add(given);
      const text = `${command.command} ${command.text}`.trim();
      void delivery.acknowledged.then((isTaken) => isTaken && onCommandAnswer(world, { ...place, text }, delivery.response));
      return delivery;
    },
    interaction: (body) => {
      count += 1;
      const id = `interaction-${world.serial}-${count}`;
      return deliveries.add({ id, kind: 'interactive', type: String(body['type']), body, messageTs: undefined });
    },
  };
}

type Others = Pick<Announcer, 'stopped' | 'opened' | 'uninstalled' | 'revoked'>;

/** What happens beside messages: somebody opens the app, stops it, or lets it do less from now on, or nothing. */
function announceOthers(send: (event: EventBody) => readonly Delivery[], nextTs: () => string): Others {
  return {
    stopped: (stop) => first(send(toStopEvent({ ...stop, eventTs: nextTs() }))),
    opened: (opening) => first(send(toOpenedEvent({ ...opening, eventTs: nextTs() }))),
    uninstalled: () => first(send({ type: 'app_uninstalled' })),
    revoked: (tokens) => first(send({ type: 'tokens_revoked', tokens })),
  };
}

function typeOf(event: EventBody): string {
  return String(event['subtype'] ?? event['type']);
}

function idOf(body: EventBody): { id: string; type: string } {
  // Made by `send` above.
  return { id: String(body['event_id']), type: typeOf(body['event'] as EventBody) };
}

function first(deliveries: readonly Delivery[]): Delivery {
  const [delivery] = deliveries;
  if (!delivery) throw new RangeError('Nothing was sent.');
  return delivery;
}
