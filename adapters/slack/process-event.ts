import type { App, ReceiverEvent } from '@slack/bolt';
import type { AdapterContext } from '../../src/adapter.ts';
import type { Destination, InboundEvent } from '../../src/message.ts';
import type { AgentView } from './agent-view.ts';
import type { IdentityCheck } from './identity.ts';
import type { Names } from './names.ts';
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
  /** Undefined where the agent view is off. */
  readonly view: (AgentView & { readonly titles: Titles; readonly sessions: Sessions | undefined }) | undefined;
}

type Body = ReceiverEvent['body'];

/** Bolt acknowledges an event before anybody has seen it. Here it is on disk first; if it cannot be, Slack gets no acknowledgement. */
export function createProcessEvent(processing: Processing): App['processEvent'] {
  const { context, identity, workspaces, names, rules, takesBots, view } = processing;
  const { clock, log } = context;

  async function eventsOf(body: Body, arrival: Arrival | undefined): Promise<readonly InboundEvent[]> {
    const { userId, botId, installation } = arrival ?? {};
    const place = { tenant: tenantOf(body), ...(installation === undefined ? {} : { destination: { installation } }) };
    const events = toEvents(body, { userId, botId, receivedAt: clock.now(), nameOf: (id) => names.nameOf(id, place), takesBots });
    const placed = installation === undefined ? events : events.map((event) => through(installation, event));
    const ruled = await Promise.all(placed.map((event) => rules.apply(event)));
    return ruled.filter((event) => event !== undefined).map((event) => names.complete(event));
  }

  return async ({ body, ack }: ReceiverEvent) => {
    const arrival = workspaces ? await workspaces.arrive(body) : identity?.current();
    const events = await eventsOf(body, arrival);
    view?.titles.note(events);
    if (workspaces) await acceptIn(workspaces, { context, rules, body, arrival, events });
    else if (events.length > 0) rules.tell(events, await context.accept(events));
    if (body['type'] === 'app_rate_limited') log.warn('slack withholds events: the workspace sends more than 30,000 an hour');
    await ack();
    if (view) decorate(view, body, arrival);
  };
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
  if (all.length > 0) rules.tell(all, await accept(all));
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
