import type { Action, Author, Authority } from '../message.ts';

/** By adapter: ids of people, `role:` and the id of a role, each with `TENANT/` before it where it counts in one tenant alone; or `asker`. */
export type ApproverSettings = Readonly<Record<string, readonly string[] | undefined>>;

/** Who may approve calls of tools on the platforms themselves. Who has the command line may always. */
export interface Approvers {
  /** Of which approvals the author of this action may decide; undefined: of none. */
  authorityOf(action: Pick<Action, 'adapter' | 'tenant' | 'author'>): Authority | undefined;
  /** Whether anybody may there. */
  areNamed(adapter: string): boolean;
}

export function createApprovers(settings: ApproverSettings): Approvers {
  return {
    areNamed: (adapter) => (settings[adapter] ?? []).length > 0,
    authorityOf: ({ adapter, tenant, author }) => {
      const named = settings[adapter] ?? [];
      if (author.isBot) return undefined;
      if (named.some((each) => isNamedBy(each, tenant, author))) return 'any';
      return named.includes('asker') ? 'asker' : undefined;
    },
  };
}

function isNamedBy(name: string, tenant: string, { id, roles = [] }: Author): boolean {
  const [first = '', second] = name.split('/');
  const who = second ?? first;
  if (who === 'asker' || (second !== undefined && first !== tenant)) return false;
  return who.startsWith('role:') ? roles.includes(who.slice('role:'.length)) : who === id;
}
