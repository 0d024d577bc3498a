import { deskTemplates, type DeskEmulator, type DeskEvent } from '../../../adapters/webhook/emulator.ts';
import type { MomentListener, PlatformDriver, Talk } from '../driver.ts';

/** A ticket desk: signed webhooks, and the answers by a signed callback. */
export function createWebhookDriver(desk: DeskEmulator): PlatformDriver {
  let report: MomentListener = () => undefined;
  let tickets = 0;
  desk.onCall((phase) => {
    report(phase === 'before' ? 'sending' : 'sent', {
      lose: () => desk.faults.add({ kind: 'refuse' }),
      fail: () => desk.faults.add({ kind: 'server_error' }),
    });
  });

  function open(): Talk {
    tickets += 1;
    const ticketId = String(5000 + tickets);
    return {
      name: `ticket ${ticketId}`,
      ask: (text) => {
        let event: DeskEvent | undefined;
        const told = desk.say({ text, ticketId }).then((said) => {
          event = said;
          if (said.state === 'accepted') report('acknowledged', noFate);
        });
        told.catch(() => undefined);
        return {
          isAcknowledged: () => event?.state === 'accepted',
          redeliver: (copies) => {
            if (event) void desk.redeliver(event, copies);
          },
        };
      },
      visible: () => desk.visible(ticketId).map(({ id, text }) => ({ id, text, isGrowing: false })),
    };
  }

  return {
    name: 'webhook',
    isOrdered: true,
    listen: () => desk.listen(),
    close: () => desk.close(),
    settings: () => ({
      env: {},
      yaml: {
        outbound: { allow: ['127.0.0.1'] },
        webhooks: {
          desk: {
            verify: { scheme: 'standard', secret: desk.secret },
            ...deskTemplates,
            callback: { url: desk.callbackUrl, secret: desk.callbackSecret },
          },
        },
      },
    }),
    connect: (url) => {
      desk.targetUrl = `${url}/webhooks/desk`;
      void desk.retryPending();
    },
    disconnect: () => {
      desk.targetUrl = nowhere;
    },
    open,
    undelivered: () => desk.pending().length,
    onMoment: (listener) => {
      report = listener;
    },
    clearFaults: () => desk.faults.clear(),
  };
}

/** Nobody listens on port 1. */
const nowhere = 'http://127.0.0.1:1/';
const noFate = { lose: () => undefined, fail: () => undefined };
