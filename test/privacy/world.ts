import { toConversationId } from '../../src/conversation-id.ts';
import type { Audience } from '../../src/message.ts';

/** A person of one tenant. The same id stands for another person in every other tenant. */
export interface Person {
  readonly adapter: string;
  readonly tenant: string;
  readonly id: string;
}

/** A conversation, and what there is to know of who reads it. */
export interface Room {
  readonly adapter: string;
  readonly tenant: string;
  readonly conversationId: string;
  /** Who may speak there. */
  readonly people: readonly string[];
  readonly audience: Audience | undefined;
  readonly isDirect: boolean;
  /** All rooms with the same readers, at least. */
  readonly channel: string;
  /** The one person who reads what is answered there, apart from the others in the channel. */
  readonly reader?: string;
}

const everybody = ['p1', 'p2', 'p3'];

interface RoomPlan {
  readonly adapter: string;
  readonly tenant: string;
  readonly path: readonly string[];
  readonly people?: readonly string[];
  readonly audience?: Audience;
  readonly isDirect?: boolean;
  readonly reader?: string;
}

function toRoom({ adapter, tenant, path, people = everybody, audience, isDirect = false, reader }: RoomPlan): Room {
  return {
    ...{ adapter, tenant, people, audience, isDirect },
    conversationId: toConversationId({ adapter, tenant, path }),
    channel: `${adapter} ${tenant} ${path[0]}`,
    ...(reader === undefined ? {} : { reader }),
  };
}

function slackRooms(tenant: string): Room[] {
  const own = (id: string): RoomPlan[] => [
    { adapter: 'slack', tenant, path: [`D${id}`, '1'], people: [id], isDirect: true },
    { adapter: 'slack', tenant, path: [`D${id}`, '2'], people: [id], isDirect: true },
    { adapter: 'slack', tenant, path: ['C1', id, 'private'], people: [id], audience: 'author', reader: id },
    { adapter: 'slack', tenant, path: ['C3', id, 'private'], people: [id], audience: 'author', reader: id },
  ];
  const shared: RoomPlan[] = ['1', '2'].flatMap((thread) => [
    { adapter: 'slack', tenant, path: ['C1', thread], audience: 'public' },
    { adapter: 'slack', tenant, path: ['C2', thread], audience: 'public' },
    { adapter: 'slack', tenant, path: ['C3', thread] },
    { adapter: 'slack', tenant, path: ['C4', thread], audience: 'outside' },
  ]);
  return [...shared, ...everybody.flatMap(own)].map(toRoom);
}

function discordRooms(): Room[] {
  const own = (id: string): RoomPlan[] => [
    { adapter: 'discord', tenant: 'G1', path: ['K1', 'private', id], people: [id], audience: 'author', reader: id },
    { adapter: 'discord', tenant: '@me', path: [`M${id}`], people: [id], isDirect: true },
  ];
  return [
    { adapter: 'discord', tenant: 'G1', path: ['K1'] },
    { adapter: 'discord', tenant: 'G1', path: ['K2'], audience: 'public' as const },
    ...everybody.flatMap(own),
  ].map(toRoom);
}

/** A ticket has one requester. */
function tickets(): Room[] {
  return everybody.flatMap((id) =>
    ['a', 'b'].map((ticket) =>
      toRoom({ adapter: 'webhook', tenant: 'desk', path: [`${id}-${ticket}`], people: [id], isDirect: true }),
    ),
  );
}

export const rooms: readonly Room[] = [...slackRooms('T1'), ...slackRooms('T2'), ...discordRooms(), ...tickets()];
export const adapterNames = ['slack', 'discord', 'webhook'] as const;

/** Whether what was said in one room may be told to its author in the other: the wall, as a person would put it. */
export function mayCross(from: Room, to: Room): boolean {
  if (from.adapter !== to.adapter || from.tenant !== to.tenant) return false;
  if (from.conversationId === to.conversationId) return true;
  if (from.audience === 'public') return to.audience !== 'outside';
  // What one person alone was to read stays there; what all in a channel have read, one of them may.
  return from.channel === to.channel && from.reader === undefined;
}
