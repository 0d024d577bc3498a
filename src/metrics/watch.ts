import type { Adapter, RequestHandler } from '../adapter.ts';
import type { Model } from '../model/model.ts';
import type { Store } from '../store/store.ts';
import type { WebhookDelivery } from '../webhook-delivery.ts';

/** Stands around the parts of Parley and counts what goes through them. Nothing is changed, and nothing waits for it. */
export interface Watch {
  store(store: Store): Store;
  model(model: Model): Model;
  adapter(adapter: Adapter): Adapter;
  /** Also where no log is kept. */
  delivery(record: Record | undefined): Record | undefined;
  /** Serves what was counted; undefined where nothing is. */
  router(parts: WatchedParts): RequestHandler | undefined;
}

type Record = (delivery: WebhookDelivery) => void;

export interface WatchedParts {
  readonly store: Pick<Store, 'stats'>;
  readonly adapters: readonly Pick<Adapter, 'name' | 'health'>[];
}

/** Where nobody has asked for figures they cost nothing. */
export const noWatch: Watch = {
  store: (store) => store,
  model: (model) => model,
  adapter: (adapter) => adapter,
  delivery: (record) => record,
  router: () => undefined,
};
