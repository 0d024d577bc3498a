import { DeliveryError, describeError, ModelError } from '../errors.ts';
import type { Adapter } from '../adapter.ts';
import type { Model } from '../model/model.ts';
import type { WebhookDelivery } from '../webhook-delivery.ts';
import type { Alerts, Condition } from './alerts.ts';
import type { Watch } from './watch.ts';

/** Sees what fails and what works again: sources of webhooks, callbacks, platforms and models. */
export function createFailureWatch(alerts: Alerts): Watch {
  return {
    store: (store) => store,
    model: (model) => watchModel(model, alerts),
    adapter: (adapter) => watchAdapter(adapter, alerts),
    delivery: (record) => (delivery) => {
      judgeDelivery(delivery, alerts);
      record?.(delivery);
    },
    router: () => undefined,
  };
}

/** Says nothing about the source: an event that was changed, or somebody who looks at the address. */
const harmless = new Set(['conflict', 'method']);

/**
 * What strangers send is told apart from what the source sends: it must not look as if the source had failed. That nobody proves to be the source any more
 * is worth an alert of its own, because that is what a changed secret looks like.
 */
function judgeDelivery({ source: name, verdict, reason = '', status, genuine }: WebhookDelivery, alerts: Alerts): void {
  if (harmless.has(reason) || status === 429) return;
  const said = `a request was refused: ${status} ${reason}`;
  if (!genuine) {
    if (verdict === 'refused') alerts.failed({ kind: 'proof', name }, said);
    return;
  }
  alerts.worked({ kind: 'proof', name });
  if (verdict === 'refused') alerts.failed({ kind: 'source', name }, said);
  else alerts.worked({ kind: 'source', name });
}

function watchAdapter(adapter: Adapter, alerts: Alerts): Adapter {
  return {
    ...adapter,
    send: async (message, signal) => {
      const condition: Condition =
        adapter.name === 'webhook' ? { kind: 'callback', name: message.tenant } : { kind: 'adapter', name: adapter.name };
      try {
        const receipt = await adapter.send(message, signal);
        alerts.worked(condition);
        return receipt;
      } catch (error) {
        // A stop cuts what is under way. Of a platform's refusals one message or one person may be the reason.
        const isTheirs = adapter.name === 'webhook' || !(error instanceof DeliveryError) || error.retryable;
        if (!signal.aborted && isTheirs) alerts.failed(condition, describeError(error));
        throw error;
      }
    },
  };
}

function watchModel(model: Model, alerts: Alerts): Model {
  const condition: Condition = { kind: 'model', name: model.name };
  return {
    ...model,
    async *generate(request, signal) {
      try {
        for await (const event of model.generate(request, signal)) {
          if (event.type === 'done') alerts.worked(condition);
          yield event;
        }
      } catch (error) {
        const isOfRequest = error instanceof ModelError && error.ofRequest;
        if (!signal.aborted && !isOfRequest) alerts.failed(condition, describeError(error));
        throw error;
      }
    },
  };
}
