import { createDeskEmulator, deskTemplates } from '../../adapters/webhook/emulator.ts';
import type { Clock } from '../clock.ts';
import type { Pane } from './pane.ts';

/** A ticket desk that sends signed webhooks and shows the answers that come to its callback. */
export function createDeskPane(clock: Clock): Pane & { yaml(): string } {
  const desk = createDeskEmulator({ clock });
  let ticketId: string | undefined;
  return {
    title: 'A support ticket, by signed webhooks',
    person: 'Ada',
    listen: () => desk.listen(),
    close: () => desk.close(),
    env: () => ({ DESK_SECRET: desk.secret, DESK_CALLBACK_SECRET: desk.callbackSecret }),
    connect: (url) => {
      desk.targetUrl = `${url}/webhooks/desk`;
    },
    yaml: () => {
      const { conversation, text, author, authorId } = deskTemplates;
      return JSON.stringify({
        outbound: { allow: ['127.0.0.1'] },
        webhooks: {
          desk: {
            verify: { scheme: 'standard', secret: '${DESK_SECRET}' },
            ...{ conversation, text, author, authorId },
            callback: { url: desk.callbackUrl, secret: '${DESK_CALLBACK_SECRET}' },
          },
        },
      });
    },
    ask: async (text) => {
      const comment = new Promise<string>((resolve) => {
        const end = desk.onMessage((shown) => {
          end();
          resolve(shown.text);
        });
      });
      const event = await desk.say({ text, ticketId, subject: 'A question about Parley' });
      ticketId ??= event.ticketId;
      return comment;
    },
  };
}
