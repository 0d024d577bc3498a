import type { App, ReceiverEvent } from '@slack/bolt';
import type { AdapterContext } from '../../src/adapter.ts';
import type { Destination, InboundEvent } from '../../src/message.ts';
import type { AgentView } from './agent-view.ts';
import type { SlackCommands } from './command.ts';
import { parseDestination } from './conversation.ts';
import type { Home } from './home.ts';
import type { IdentityCheck } from './identity.ts';
import { isInteraction, receiveInteraction, tenantOfInteraction } from './interaction.ts';
import type { InteractionHandlers, InteractionOutcome } from './interaction.ts';
import type { Names } from './names.ts';
import type { Responder } from './respond.ts';
import { noteFor } from './rules.ts';
import type { Rules } from './rules.ts';
import { isRecord, tenantOf, toEvents } from './receive.ts';
import type { Sessions } from './sessions.ts';
import type { Titles } from './titles.ts';
import type { Arrival, Workspaces } from './workspaces.ts';

export interface Processing {
  readonly context: AdapterContext;
  readonly identity: IdentityCheck | undefined;
  /** Where the app can be installed into many. */
  readonly workspaces: Workspaces | undefined;
  readonly names: Names;
  readonly rules: Rules;
  /** Whether other bots may be answered. */
  readonly takesBots: boolean;
  /** What becomes of presses, choices and submissions. */
  readonly handlers: InteractionHandlers;
  /** Undefined where it is off. */
  readonly home: Home | undefined;
  readonly stopping: AbortSignal;
  readonly commands: SlackCommands;
  readonly responder: Pick<Responder, 'seal'>;
  /** Undefined where the agent view is off. */
  readonly view: (AgentView & { readonly titles: Titles; readonly sessions: Sessions | undefined }) | undefined;
}

type Asker = NonNullable<InteractionOutcome['asker']>;
type Body = ReceiverEvent['body'];

/** Bolt acknowledges an event before anybody has seen it. Here it is on disk first; if it cannot be, Slack gets no acknowledgement. */
export function createProcessEvent(processing: Processing): App['processEvent'] {
  const { context, identity, workspaces, names, rules, takesBots, handlers, home, view, stopping, commands, responder } =
    processing;
  const { clock, log } = context;
  const settle = createSettle(processing);
  const tell = createTell(rules);

  async function eventsOf(body: Body, arrival: Arrival | undefined): Promise<readonly InboundEvent[]> {
    const { userId, botId, installation } = arrival ?? {};
    const place = { tenant: tenantOf(body), ...(installation === undefined ? {} : { destination: { installation } }) };
    const nameOf = (id: string) => names.nameOf(id, place);
    const { seal } = responder;
    const events = toEvents(body, { userId, botId, receivedAt: clock.now(), nameOf, takesBots, commands, seal });
    return settle(events, installation);
  }

  async function onInteraction(body: Body, arrival: Arrival | undefined): ReturnType<typeof receiveInteraction> {
    const { userId, botId, installation } = arrival ?? {};
    const place = { tenant: tenantOfInteraction(body), ...(installation === undefined ? {} : { destination: { installation } }) };
    const bot = { userId, botId, receivedAt: clock.now(), nameOf: (id: string) => names.nameOf(id, place) };
    return receiveInteraction(body, {
      ...{ handlers, bot, log, signal: stopping },
      take: async (offered, asker) => {
        const events = await settle(offered, installation, asker);
        const results = events.length > 0 ? await context.accept(events) : [];
        rules.tell(events, results);
        return results;
      },
    });
  }

  return async ({ body, ack }: ReceiverEvent) => {
    const arrival = workspaces ? await workspaces.arrive(body) : identity?.current();
    if (isInteraction(body)) {
      if (workspaces && !arrival) {
        log.warn('slack interaction from where the app is not installed; it is dropped', { tenant: tenantOfInteraction(body) });
        return ack();
      }
      const { response, afterwards } = await onInteraction(body, arrival);
      await (ack as Acknowledge)(response);
      return afterwards();
    }
    const events = await eventsOf(body, arrival);
    view?.titles.note(events);
    if (workspaces) await acceptIn(workspaces, { context, rules, body, arrival, events });
    else if (events.length > 0) tell(events, await context.accept(events));
    if (body['type'] === 'app_rate_limited') log.warn('slack withholds events: the workspace sends more than 30,000 an hour');
    await (ack as Acknowledge)(toAcknowledgement(events));
    if (home && (arrival || !workspaces)) home.onEvent(body, arrival ?? {});
    if (view) decorate(view, body, arrival);
  };
}

/** The events as they are to be saved: in their place, by the operator's rules, with names. */
function createSettle({ rules, names }: Pick<Processing, 'rules' | 'names'>) {
  /** By the rules for who asks; under the author's name where they let it pass. */
  async function applyFor(asker: Asker, event: InboundEvent): Promise<InboundEvent | undefined> {
    if (event.type !== 'message') return rules.apply(event);
    const ruled = await rules.apply({ ...event, author: asker.author });
    if (ruled?.type !== 'message') return ruled;
    return ruled.refusal === undefined ? { ...ruled, author: event.author } : { ...ruled, eventId: asker.eventId };
  }

  async function settle(
    events: readonly InboundEvent[],
    installation: string | undefined,
    asker?: Asker,
  ): Promise<readonly InboundEvent[]> {
    const placed = installation === undefined ? events : events.map((event) => through(installation, event));
    const ruled = await Promise.all(placed.map((event) => (asker ? applyFor(asker, event) : rules.apply(event))));
    const named = ruled.filter((event) => event !== undefined).map((event) => names.complete(event));
    // A place of its own knows nothing of the installation.
    return installation === undefined ? named : named.map((event) => through(installation, event));
  }

  return settle;
}

/** Bolt types what an acknowledgement may hold by the kind of listener; here every kind comes through. */
type Acknowledge = (response?: unknown) => Promise<void>;

/** Who gave a command learns with its acknowledgement, each time, that it is refused: that works wherever it was given. */
function createTell({ tell }: Rules): Rules['tell'] {
  return (events, results) => {
    if (events[0]?.type !== 'command') tell(events, results);
  };
}

/** Slack shows a command to the channel where its answer will be for everybody. */
function toAcknowledgement([event]: readonly InboundEvent[]): Readonly<Record<string, string>> | undefined {
  if (event?.type !== 'command') return undefined;
  if (event.refusal !== undefined) return { response_type: 'ephemeral', text: noteFor(event.refusal) };
  return parseDestination(event.destination)?.ephemeral ? undefined : { response_type: 'in_channel' };
}

interface Arrived {
  readonly context: AdapterContext;
  readonly rules: Rules;
  readonly body: Body;
  readonly arrival: Arrival | undefined;
  readonly events: readonly InboundEvent[];
}

async function acceptIn(workspaces: Workspaces, { context, rules, body, arrival, events }: Arrived): Promise<void> {
  const { accept, log } = context;
  if (!arrival) {
    // There is no token to answer with. A removal may come twice, by two kinds of events.
    const removals = events.filter(({ type }) => type === 'uninstall');
    if (removals.length > 0) await accept(removals);
    else if (events.length > 0)
      log.warn('slack event from where the app is not installed; it is dropped', { tenant: events[0]?.tenant });
    return;
  }
  const all = events.flatMap((event) => workspaces.expand(event, arrival));
  if (all.length > 0) createTell(rules)(all, await accept(all));
  await workspaces.forgetUsers(arrival, body);
  for (const { type, tenant } of all) {
    if (type !== 'uninstall') continue;
    const left = await workspaces.installations.reload(tenant);
    if (!left) log.info('slack app uninstalled; what waited there has ended', { tenant });
  }
}

/** An answer goes out by the installation that its question came in by. */
function through<Event extends InboundEvent>(installation: string, event: Event): Event {
  return 'destination' in event ? { ...event, destination: { ...event.destination, installation } } : event;
}

/** What Slack shows beside the conversation. Nothing is answered and nothing waits for it. */
function decorate({ onEvent, sessions }: NonNullable<Processing['view']>, body: Body, arrival: Arrival | undefined): void {
  const { event } = body;
  if (!isRecord(event) || event['type'] === 'message' || event['type'] === 'app_mention') return;
  const { installation } = arrival ?? {};
  onEvent(body, installation);
  const { channel, thread_ts: threadTs } = event;
  if (event['type'] !== 'agent_session_stopped' || typeof channel !== 'string' || typeof threadTs !== 'string') return;
  const place: Destination = installation === undefined ? { teamId: tenantOf(body) } : { installation };
  sessions?.stopped({ channel, threadTs, ...place });
}
