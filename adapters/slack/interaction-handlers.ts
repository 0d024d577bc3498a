import { createButtonHandlers } from './button-presses.ts';
import type { SlackCaller } from './client.ts';
import type { InteractionHandlers } from './interaction.ts';
import type { Responder } from './respond.ts';
import { createShortcutHandlers } from './shortcuts.ts';
import type { SlackShortcut } from './shortcuts.ts';

export interface HandlerOptions {
  readonly slack: SlackCaller;
  readonly responder: Responder;
  readonly shortcuts: readonly SlackShortcut[];
}

/** Everything that people can press, choose and submit. */
export function createInteractionHandlers({ slack, responder, shortcuts }: HandlerOptions): InteractionHandlers {
  return { ...createButtonHandlers({ slack }), ...createShortcutHandlers({ responder, shortcuts }) };
}
