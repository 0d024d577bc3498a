import { isRecord, Refusal, string } from './arguments.ts';
import type { Args, Method } from './arguments.ts';
import type { Block } from './blocks.ts';
import type { OpenView } from './desk.ts';
import type { World } from './world.ts';

/** What somebody may do in the workspace, as `users.info` tells it. */
export type Role = 'owner' | 'admin' | 'member' | 'guest';

interface Homes {
  /** By id of the person. */
  readonly views: Map<string, OpenView>;
  readonly roles: Map<string, Role>;
  count: number;
}

const homes = new WeakMap<World, Homes>();

/** The Home tab of everybody, and who is an admin. */
export function homesOf(world: World): Homes {
  const known = homes.get(world) ?? { views: new Map(), roles: new Map(), count: 0 };
  homes.set(world, known);
  return known;
}

/** https://docs.slack.dev/reference/methods/views.publish */
export function createHomeMethods(world: World): Record<string, Method> {
  return {
    'views.publish': (args: Args) => {
      const view = typeof args['view'] === 'string' ? parse(args['view']) : args['view'];
      const userId = string(args['user_id']);
      const user = world.users.get(userId);
      if (!isRecord(view) || view['type'] !== 'home' || !user || user.isBot) throw new Refusal('invalid_arguments');
      checkSurface(view);
      const state = homesOf(world);
      const current = state.views.get(userId);
      const { hash } = args;
      if (hash !== undefined && hash !== current?.hash) throw new Refusal('hash_conflict');
      state.count += 1;
      const id = current?.id ?? `VHOME${world.serial}${userId}`;
      const published = { id, hash: `${state.count}.home`, userId, view };
      state.views.set(userId, published);
      return { view: { ...toViewFields(world, published), ...view } };
    },
  };
}

function toViewFields(world: World, { id, hash }: OpenView): Readonly<Record<string, unknown>> {
  return { id, hash, team_id: world.teamId, app_id: world.appId, bot_id: world.botId, app_installed_team_id: world.teamId };
}

/** The fields of `users.info` that tell it. */
export function roleFields(world: World, userId: string): Readonly<Record<string, boolean>> {
  const role = homesOf(world).roles.get(userId) ?? 'member';
  const isGuest = role === 'guest';
  return {
    ...{ is_admin: role === 'admin' || role === 'owner', is_owner: role === 'owner', is_primary_owner: false },
    ...{ is_restricted: isGuest, is_ultra_restricted: false },
  };
}

const maxBlocks = 100;
const maxBytes = 250_000;
/** How long texts may be, by block, as https://docs.slack.dev/reference/block-kit/blocks gives it. */
const maxText = { header: 150, section: 3_000, field: 2_000, context: 3_000, button: 75 } as const;

/** The limits that hold for everything in a view. */
function checkSurface({ blocks, private_metadata: metadata, callback_id: callbackId }: Block): void {
  if (!Array.isArray(blocks) || blocks.length > maxBlocks) throw new Refusal('invalid_arguments');
  if (string(metadata).length > 3_000 || string(callbackId).length > 255) throw new Refusal('invalid_arguments');
  if (Buffer.byteLength(JSON.stringify(blocks)) > maxBytes) throw new Refusal('view_too_large');
  const ids = blocks.map((block: unknown) => (isRecord(block) ? block['block_id'] : undefined)).filter((id) => id !== undefined);
  const areIdsFit = ids.every((id) => typeof id === 'string' && id !== '' && id.length <= 255);
  if (!areIdsFit || new Set(ids).size < ids.length) throw new Refusal('invalid_arguments');
  for (const block of blocks) if (!isRecord(block) || !isFit(block)) throw new Refusal('invalid_arguments');
}

function isFit(block: Block): boolean {
  const { text, fields, elements } = block;
  switch (block['type']) {
    case 'divider':
      return true;
    case 'header':
      return isText(text, maxText.header, ['plain_text']);
    case 'section': {
      const hasFields = Array.isArray(fields) && fields.length > 0 && fields.length <= 10;
      const areFieldsFit = fields === undefined || (hasFields && fields.every((field) => isText(field, maxText.field)));
      return areFieldsFit && (text === undefined ? hasFields : isText(text, maxText.section));
    }
    case 'context':
      return isList(elements, 10) && elements.every((element) => isText(element, maxText.context));
    case 'actions':
      return isList(elements, 25) && elements.every(isButton);
    case 'input':
      return isText(block['label'], 2_000, ['plain_text']) && isRecord(block['element']);
    default:
      return false;
  }
}

function isList(value: unknown, most: number): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.length <= most;
}

function isButton(element: unknown): boolean {
  if (!isRecord(element) || element['type'] !== 'button') return false;
  const id = string(element['action_id']);
  return id !== '' && id.length <= 255 && isText(element['text'], maxText.button, ['plain_text']);
}

function isText(value: unknown, most: number, types: readonly unknown[] = ['mrkdwn', 'plain_text']): boolean {
  if (!isRecord(value) || !types.includes(value['type'])) return false;
  const text = string(value['text']);
  return text !== '' && text.length <= most;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Refusal('invalid_arguments');
  }
}
