import { createButtonHandlers } from './button-presses.ts';
import type { SlackCaller } from './client.ts';
import type { InteractionHandlers } from './interaction.ts';

export interface HandlerOptions {
  readonly slack: SlackCaller;
}

/** Everything that people can press, choose and submit. */
export function createInteractionHandlers({ slack }: HandlerOptions): InteractionHandlers {
  return { ...createButtonHandlers({ slack }) };
}
