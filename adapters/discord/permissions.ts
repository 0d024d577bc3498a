import { isRecord, recordsOf } from './record.ts';
import type { Fields } from './record.ts';

export interface Member {
  readonly guild: Fields;
  readonly roles: readonly Fields[];
  readonly userId: string;
  readonly roleIds: readonly unknown[];
}

const administrator = 1n << 3n;
const all = ~0n;

/** What a member may do in a channel, by the platform's own rules: roles add up; a channel's overwrites apply to everyone, then by role, then to the member. */
export function permissionsIn(channel: Fields, member: Member): bigint {
  const guildId = member.guild['id'];
  const own = member.roles.filter(({ id }) => id === guildId || member.roleIds.includes(id));
  const base = own.reduce((bits, { permissions }) => bits | toBits(permissions), 0n);
  if (member.guild['owner_id'] === member.userId || (base & administrator) !== 0n) return all;
  const overwrites = recordsOf(channel['permission_overwrites']);
  const steps = [
    overwrites.filter(({ id }) => id === guildId),
    overwrites.filter(({ id }) => id !== guildId && member.roleIds.includes(id)),
    overwrites.filter(({ id }) => id === member.userId),
  ];
  return steps.reduce((bits, step) => {
    const denied = step.reduce((sum, { deny }) => sum | toBits(deny), 0n);
    const allowed = step.reduce((sum, { allow }) => sum | toBits(allow), 0n);
    return (bits & ~denied) | allowed;
  }, base);
}

export function parseMember(value: unknown, rest: Omit<Member, 'roleIds'>): Member | undefined {
  if (!isRecord(value) || !Array.isArray(value['roles'])) return undefined;
  return { ...rest, roleIds: value['roles'] };
}

/** Discord writes permissions as decimal text. */
function toBits(value: unknown): bigint {
  return typeof value === 'string' && /^\d{1,40}$/.test(value) ? BigInt(value) : 0n;
}
