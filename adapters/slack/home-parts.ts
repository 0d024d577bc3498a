import type { AdapterContext } from '../../src/adapter.ts';
import { holdPlaces } from '../../src/held-places.ts';
import type { HeldPlaces } from '../../src/held-places.ts';
import type { SlackCaller } from './client.ts';
import { createHome } from './home.ts';
import type { Home } from './home.ts';
import { createHomeSettings } from './home-settings.ts';
import type { HomeContent, HomeLink } from './home-view.ts';
import type { InteractionHandlers } from './interaction.ts';

/** What the Home tab of the app shows. */
export interface SlackHome {
  readonly botName: string;
  readonly links: readonly HomeLink[];
  /** What admins may choose from; undefined where nobody may change settings, and none that were set hold. */
  readonly settings?: { readonly models: readonly string[] };
}

export interface HomePartsOptions {
  readonly slack: SlackCaller;
  readonly context: AdapterContext;
  readonly connection: HomeContent['connection'];
  readonly command: string | undefined;
  readonly stopping: AbortSignal;
}

export interface HomeParts {
  readonly home: Home | undefined;
  readonly handlers: InteractionHandlers;
  /** What admins have set. */
  readonly places: HeldPlaces | undefined;
}

export function createHomeParts(shown: SlackHome | undefined, options: HomePartsOptions): HomeParts {
  if (!shown) return { home: undefined, handlers: {}, places: undefined };
  const { slack, context, connection, command, stopping } = options;
  const { clock, log } = context;
  const { settings: choices, ...content } = shown;
  const places = choices && holdPlaces(context.places);
  const settings = choices && places && createHomeSettings({ slack, clock, log, places, models: choices.models, stopping });
  const buttonsFor = settings?.buttonsFor ?? (async () => []);
  const home = createHome({ slack, context, content: { ...content, connection, command }, buttonsFor, stopping });
  return { home, handlers: settings?.handlers ?? {}, places };
}
