import type { App, ReceiverEvent } from '@slack/bolt';
import type { AdapterContext } from '../../src/adapter.ts';
import type { InboundEvent } from '../../src/message.ts';
import type { IdentityCheck } from './identity.ts';
import type { Names } from './names.ts';
import { tenantOf, toEvents } from './receive.ts';
import type { Arrival, Workspaces } from './workspaces.ts';

export interface Processing {
  readonly context: AdapterContext;
  readonly identity: IdentityCheck | undefined;
  /** Where the app can be installed into many. */
  readonly workspaces: Workspaces | undefined;
  readonly names: Names;
  readonly followThreads: boolean;
}

type Body = ReceiverEvent['body'];

/** Bolt acknowledges an event before anybody has seen it. Here it is on disk first; if it cannot be, Slack gets no acknowledgement. */
export function createProcessEvent({ context, identity, workspaces, names, followThreads }: Processing): App['processEvent'] {
  const { clock, log } = context;

  function eventsOf(body: Body, arrival: Arrival | undefined): readonly InboundEvent[] {
    const { userId, botId, installation } = arrival ?? {};
    const place = { tenant: tenantOf(body), ...(installation === undefined ? {} : { destination: { installation } }) };
    const events = toEvents(body, { userId, botId, receivedAt: clock.now(), nameOf: (id) => names.nameOf(id, place) });
    const wanted = followThreads ? events : events.filter(isForBot);
    if (installation === undefined) return wanted.map((event) => names.complete(event));
    return wanted.map((event) => names.complete(through(installation, event)));
  }

  return async ({ body, ack }: ReceiverEvent) => {
    const arrival = workspaces ? await workspaces.arrive(body) : identity?.current();
    const events = eventsOf(body, arrival);
    if (workspaces) await acceptIn(workspaces, { context, body, arrival, events });
    else if (events.length > 0) await context.accept(events);
    if (body['type'] === 'app_rate_limited') log.warn('slack withholds events: the workspace sends more than 30,000 an hour');
    await ack();
  };
}

interface Arrived {
  readonly context: AdapterContext;
  readonly body: Body;
  readonly arrival: Arrival | undefined;
  readonly events: readonly InboundEvent[];
}

async function acceptIn(workspaces: Workspaces, { context, body, arrival, events }: Arrived): Promise<void> {
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
  if (all.length > 0) await accept(all);
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

/** What is neither said to the bot nor about something that was. */
function isForBot(event: InboundEvent): boolean {
  return event.type !== 'message' || event.addressed;
}
