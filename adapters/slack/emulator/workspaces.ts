import type { Clock } from '../../../src/clock.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import { createAnnouncer } from './events.ts';
import type { Announcer } from './events.ts';
import { string } from './arguments.ts';
import { createMethods } from './methods.ts';
import type { Args, Method } from './arguments.ts';
import type { MethodOptions } from './methods.ts';
import { createOAuth } from './oauth.ts';
import type { InstalledPlace } from './oauth.ts';
import { createPeople } from './people.ts';
import type { People } from './people.ts';
import { agentStateOf, createAgentMethods } from './agents.ts';
import type { AgentSession } from './agents.ts';
import { createStreamMethods } from './streams.ts';
import type { StreamMethods } from './streams.ts';
import type { Grants } from './web-api.ts';
import { World } from './world.ts';

/** Somewhere to install the app: a workspace, or an organisation. */
export interface InstallTarget {
  readonly id: string;
  /** The person agrees on the page that `authorizeUrl` opens; returns where the browser is sent back to. */
  approve(authorizeUrl: string, user?: string): string;
  /** Takes the app away again: two events, as the platform sends them. */
  uninstall(): readonly Delivery[];
}

/** A workspace beside the one that the configured bot token belongs to. The app hears of it once it is installed there. */
export interface EmulatedWorkspace extends Omit<People, 'uninstall'>, InstallTarget {
  readonly bot: World['bot'];
  readonly botId: string;
  /** One person takes back what they have granted. */
  revokeUser(user: string): Delivery;
  session(thread: { readonly channel: string; readonly threadTs: string }): AgentSession | undefined;
  /** Presses the Stop button of the session in this thread. */
  pressStop(thread: { readonly channel: string; readonly threadTs: string; readonly user?: string }): Delivery;
}

export interface EmulatedEnterprise extends InstallTarget {
  /** Of the organisation; made at the first mention of it. */
  workspace(name: string): EmulatedWorkspace;
}

export interface WorkspacesOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly deliveries: () => Deliveries;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly rotates: () => boolean;
  readonly tokenLifeMs: () => number;
  /** Where the platform listens. */
  readonly origin: () => string;
  readonly methods: Pick<MethodOptions, 'pageSize' | 'onStatus'> & { readonly streamLifeMs: number };
}

interface Tenant {
  readonly world: World;
  readonly methods: Readonly<Record<string, Method>>;
  readonly streams: StreamMethods;
  readonly announcer: Announcer;
  readonly people: People;
  /** The workspace's own installation. */
  place: InstalledPlace | undefined;
  readonly organisation: Organisation | undefined;
}

interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly botSerial: number;
  place: InstalledPlace | undefined;
}

export function createWorkspaces(options: WorkspacesOptions) {
  const { clock, clientId, clientSecret, rotates, tokenLifeMs } = options;
  const oauth = createOAuth({ clock, clientId, clientSecret, rotates, tokenLifeMs, appId: 'A0PARLEY01' });
  const tenants = new Map<string, Tenant>();

  function tenantOf(name: string, organisation?: Organisation): Tenant {
    const known = tenants.get(name) ?? createTenant(options, { name, serial: tenants.size + 1, organisation });
    tenants.set(name, known);
    return known;
  }

  function workspace(name: string, organisation?: Organisation): EmulatedWorkspace {
    const tenant = tenantOf(name, organisation);
    const { world, people, announcer } = tenant;
    const enterprise = organisation ? { id: organisation.id, name: organisation.name } : null;
    return {
      ...people,
      approve: (authorizeUrl, user = 'Ada') => {
        tenant.place ??= { team: { id: world.teamId, name }, enterprise, botUserId: world.bot.id };
        return oauth.approve(authorizeUrl, { place: tenant.place, userId: world.user(user).id });
      },
      ...controlTenant(tenant),
      uninstall: () => {
        if (!tenant.place) throw new RangeError(`The app is not installed in ${name}.`);
        oauth.revoke(tenant.place);
        const events = [announcer.revoked({ oauth: [], bot: [world.bot.id] }), announcer.uninstalled()];
        tenant.place = undefined;
        return events;
      },
      revokeUser: (user) => {
        const { id } = world.user(user);
        const place = placeOf(tenant);
        if (place) oauth.revoke(place, id);
        return announcer.revoked({ oauth: [id], bot: [] });
      },
    };
  }

  const enterprise = (name: string): EmulatedEnterprise => createEnterprise(name, { options, oauth, workspace });

  /** An organisation's token is good in all its workspaces: the channel tells in which. */
  function methodsFor(token: string, args: Args): Readonly<Record<string, Method>> | string {
    const found = oauth.find(token);
    if (typeof found === 'string') return found;
    const reached = [...tenants.values()].filter((tenant) => placeOf(tenant) === found.place);
    const subject = string(args['channel'] ?? args['channel_id'] ?? args['user'] ?? args['user_id']);
    const holds = ({ world }: Tenant): boolean => world.channels.has(subject) || world.users.has(subject);
    const methods = (reached.find(holds) ?? reached[0])?.methods;
    if (!methods) return found.place.team === null ? headMethods(found.place) : 'account_inactive';
    return methods;
  }

  const grants: Grants = { openMethods: oauth.openMethods, methodsFor };
  return {
    ...{ grants, workspace, enterprise },
    ...{ deny: oauth.deny, secrets: oauth.secrets, worlds: () => [...tenants.values()].map(({ world }) => world) },
    closeOld: () => {
      for (const { streams } of tenants.values()) streams.closeOld();
    },
  };
}

function controlTenant({
  world,
  announcer,
  streams,
}: Tenant): Pick<EmulatedWorkspace, 'id' | 'bot' | 'botId' | 'session' | 'pressStop'> {
  return {
    ...{ id: world.teamId, bot: world.bot, botId: world.botId },
    session: ({ channel, threadTs }) => agentStateOf(world).sessions.get(`${channel} ${threadTs}`),
    pressStop: ({ channel, threadTs, user = 'Ada' }) =>
      announcer.stopped({ channel, threadTs, user: world.user(user).id, streams: streams.stopIn(channel, threadTs) }),
  };
}

interface EnterpriseParts {
  readonly options: WorkspacesOptions;
  readonly oauth: ReturnType<typeof createOAuth>;
  readonly workspace: (name: string, organisation: Organisation) => EmulatedWorkspace;
}

function createEnterprise(name: string, { options, oauth, workspace }: EnterpriseParts): EmulatedEnterprise {
  const organisation: Organisation = { id: `E0${name.toUpperCase()}`, name, botSerial: 9, place: undefined };
  const head = createTenant(options, { name, serial: 8, organisation, isHead: true });
  return {
    id: organisation.id,
    workspace: (team) => workspace(team, organisation),
    approve: (authorizeUrl, user = 'Ada') => {
      organisation.place ??= { team: null, enterprise: { id: organisation.id, name }, botUserId: head.world.bot.id };
      return oauth.approve(authorizeUrl, { place: organisation.place, userId: head.world.user(user).id });
    },
    uninstall: () => {
      if (!organisation.place) throw new RangeError(`The app is not installed in ${name}.`);
      oauth.revoke(organisation.place);
      const { announcer, world } = head;
      const events = [announcer.revoked({ oauth: [], bot: [world.bot.id] }), announcer.uninstalled()];
      organisation.place = undefined;
      return events;
    },
  };
}

function placeOf({ place, organisation }: Tenant): InstalledPlace | undefined {
  return place ?? organisation?.place;
}

/** Before the organisation has given the app to any of its workspaces. */
function headMethods({ enterprise, botUserId }: InstalledPlace): Readonly<Record<string, Method>> {
  const identity = { user: 'parley', user_id: botUserId, bot_id: botUserId.replace('U', 'B') };
  return {
    'auth.test': () => ({ ...identity, team: enterprise?.name, team_id: enterprise?.id, is_enterprise_install: true }),
  };
}

interface TenantData {
  readonly name: string;
  readonly serial: number;
  readonly organisation: Organisation | undefined;
  /** The organisation itself, which is no workspace. */
  readonly isHead?: boolean;
}

function createTenant(
  { clock, deliveries, origin, methods: { streamLifeMs, ...methodOptions } }: WorkspacesOptions,
  { name, serial, organisation, isHead = false }: TenantData,
): Tenant {
  const ids = organisation ? { enterpriseId: organisation.id, botSerial: organisation.botSerial } : {};
  const world = new World(clock, { serial, name, ...ids });
  world.desk.origin = origin();
  const streams = createStreamMethods({ world, now: () => clock.now(), streamLifeMs });
  const announcer = createAnnouncer({
    ...{ world, clock, deliveries: deliveries(), echoes: false },
    place: () => {
      const place = placeOf(tenant);
      if (!place) return undefined;
      return { isEnterpriseInstall: place.team === null, teamId: isHead ? null : world.teamId };
    },
  });
  const methods = { ...createMethods({ world, ...methodOptions }), ...createAgentMethods(world), ...streams.methods };
  const people = createPeople(world, announcer);
  const tenant: Tenant = { world, methods, streams, announcer, people, place: undefined, organisation };
  return tenant;
}
