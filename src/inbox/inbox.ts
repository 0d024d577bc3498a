import type { AcceptResult, AdapterContext, AdapterState } from '../adapter.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Action, Authority, InboundEvent } from '../message.ts';
import type { InstallationStore } from '../store/installation-store.ts';
import type { PlaceProfile, PlaceProfileName } from '../place-settings.ts';
import type { SettingStore } from '../store/setting-store.ts';
import type { AcceptBatch, Store } from '../store/store.ts';
import type { UsageStore } from '../store/usage-store.ts';
import { createOverview } from './overview.ts';

export interface InboxOptions {
  readonly store: Pick<
    Store,
    'loadState' | 'recentConversations' | 'status' | 'stats' | keyof InstallationStore | keyof UsageStore | keyof SettingStore
  >;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes notes for the delivery log, where there is one. */
  readonly recordDelivery?: NonNullable<AdapterContext['recordDelivery']> | undefined;
  /** Saves events, and sees to it that they are taken up: the worker's. */
  readonly accept: (batch: AcceptBatch) => Promise<readonly AcceptResult[]>;
  /** What people may know of the model that answers where nothing else is set: not where it is. */
  readonly modelName?: string;
  /** Of which approvals the author of an action may decide. */
  readonly authorityOf?: (action: Action) => Authority | undefined;
  /** Somebody has set how a place is answered. */
  readonly onPlace?: (place: PlaceProfileName, profile: PlaceProfile) => void;
}

/** The way in: what an adapter may ask of Parley, and nothing else. */
export interface Inbox {
  contextFor(adapter: string): AdapterContext;
}

export function createInbox(options: InboxOptions): Inbox {
  const { store, clock, log, recordDelivery, accept: save, modelName = '', authorityOf, onPlace } = options;
  const overview = createOverview({ store, clock, modelName });

  async function accept(adapter: string, events: readonly InboundEvent[], state: AdapterState | undefined) {
    const results = await save({ adapter, events: events.map(withAuthority), state });
    for (const [index, event] of events.entries()) logResult(log, event, results[index]);
    return results;
  }

  /** Whatever stood there: the settings alone say so. */
  function withAuthority(event: InboundEvent): InboundEvent {
    if (event.type !== 'action') return event;
    const { authority: _, ...action } = event;
    const authority = authorityOf?.(action);
    return authority === undefined ? action : { ...action, authority };
  }

  return {
    contextFor: (adapter) => ({
      clock,
      log: log.with({ adapter }),
      accept: (events, state) => accept(adapter, events, state),
      loadState: (key) => store.loadState({ adapter, key }),
      installations: {
        list: () => store.listInstallations({ adapter }),
        find: (id) => store.findInstallation({ adapter, id }),
        save: (installation) => store.saveInstallation({ adapter, ...installation }),
      },
      recentConversations: (since) => store.recentConversations({ adapter, since }),
      places: {
        list: () => store.listPlaces({ adapter }),
        change: async (change) => {
          const result = await store.changePlace({ adapter, ...change });
          if (result === 'saved') onPlace?.({ adapter, ...change }, change.settings.profile);
          return result;
        },
      },
      overview: (tenant, person) => overview({ adapter, tenant, person }),
      status: (tenant, eventId) => store.status({ adapter, tenant, eventId }),
      ...(recordDelivery ? { recordDelivery } : {}),
    }),
  };
}

function logResult(log: Log, event: InboundEvent, result: AcceptResult | undefined): void {
  if (!result || result.status === 'accepted') return;
  const fields = { adapter: event.adapter, conversationId: event.conversationId, eventId: event.eventId };
  if (result.status === 'conflict') log.warn('event came again with another content; the first one counts', fields);
  else if (result.status === 'duplicate') log.debug('event came again', fields);
  else log.debug('event ignored', { ...fields, reason: result.reason });
}
