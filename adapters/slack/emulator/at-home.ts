import { isRecord, string } from './arguments.ts';
import type { Block } from './blocks.ts';
import type { Delivery } from './deliveries.ts';
import type { OpenView } from './desk.ts';
import type { Announcer } from './events.ts';
import { toBase, toViewPayload } from './hands.ts';
import { homesOf } from './home-tab.ts';
import type { Role } from './home-tab.ts';
import type { World } from './world.ts';

/** What people do on the Home tab of the app, and see there. */
export interface AtHome {
  /** From now on; everybody is a member otherwise. */
  setRole(user: string, role: Role): void;
  openHome(user?: string): Delivery;
  /** What this person sees there; undefined where the app has shown nothing yet. */
  home(user?: string): SeenHome | undefined;
  pressAtHome(press: { readonly user?: string; readonly label: string }): Delivery;
}

export interface SeenHome {
  readonly hash: string;
  /** All that can be read, a line for each text. */
  readonly text: string;
  /** What stands on the buttons. */
  readonly buttons: readonly string[];
  readonly blocks: readonly Block[];
}

export function createAtHome(world: World, announcer: Announcer): AtHome {
  const homeOf = (user: string): OpenView | undefined => homesOf(world).views.get(world.user(user).id);
  return {
    setRole: (user, role) => homesOf(world).roles.set(world.user(user).id, role),
    openHome: (user = 'Ada') => {
      const home = homeOf(user);
      const person = world.user(user);
      const view = home && toViewPayload(world, home);
      return announcer.opened({ user: person.id, channel: world.direct(person).id, tab: 'home', ...(view ? { view } : {}) });
    },
    home: (user = 'Ada') => toSeen(homeOf(user)),
    pressAtHome: ({ user = 'Ada', label }) => {
      const home = homeOf(user);
      const button = home && buttonsOf(home.view).find((each) => labelOf(each) === label);
      if (!home || !button) throw new RangeError(`No button of the Home tab reads "${label}".`);
      const { type, action_id: actionId, text, value } = button;
      return announcer.interaction({
        ...{ type: 'block_actions', ...toBase(world, world.user(user)) },
        container: { type: 'view', view_id: home.id },
        view: toViewPayload(world, home),
        actions: [{ type, action_id: actionId, block_id: 'b1', text, value, action_ts: world.nextTs() }],
      });
    },
  };
}

function toSeen(home: OpenView | undefined): SeenHome | undefined {
  if (!home) return undefined;
  const blocks = listOf(home.view['blocks']);
  return { hash: home.hash, blocks, text: blocks.flatMap(textsOf).join('\n'), buttons: buttonsOf(home.view).map(labelOf) };
}

function textsOf(block: Block): string[] {
  const parts = [block['text'], ...listOf(block['fields']), ...(block['type'] === 'context' ? listOf(block['elements']) : [])];
  return parts.filter(isRecord).map(({ text }) => string(text));
}

function buttonsOf(view: Block): Block[] {
  const rows = listOf(view['blocks']).filter(({ type }) => type === 'actions');
  return rows.flatMap(({ elements }) => listOf(elements));
}

function labelOf({ text }: Block): string {
  return isRecord(text) ? string(text['text']) : '';
}

function listOf(value: unknown): readonly Block[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
