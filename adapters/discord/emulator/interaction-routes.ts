import type { Interacting } from './interacting.ts';
import type { Route } from './route.ts';

/** Responses to interactions. Whoever has the token may use them. */
export function interactionRoutes({ interactions }: Pick<Interacting, 'interactions'>): Route[] {
  const byToken = true;
  const message = '/webhooks/:id/:id/messages/:id';
  return [
    {
      ...{ method: 'POST', pattern: '/interactions/:id/:id/callback', byToken },
      handle: ({ ids: [id = '', token = ''], body }) => interactions.respond(id, token, body),
    },
    {
      ...{ method: 'POST', pattern: '/webhooks/:id/:id', byToken },
      handle: ({ ids: [, token = ''], ...content }) => interactions.followUp(token, content),
    },
    {
      ...{ method: 'GET', pattern: message, byToken },
      handle: ({ ids: [, token = '', id = ''] }) => interactions.read(token, id),
    },
    {
      ...{ method: 'PATCH', pattern: message, byToken },
      handle: ({ ids: [, token = '', id = ''], ...content }) => interactions.edit(token, id, content),
    },
    {
      ...{ method: 'DELETE', pattern: message, byToken },
      handle: ({ ids: [, token = '', id = ''] }) => interactions.remove(token, id),
    },
  ];
}

/** Registering commands, globally and for one guild. */
export function commandRoutes({ commands }: Pick<Interacting, 'commands'>): Route[] {
  const everywhere = '/applications/:id/commands';
  const inGuild = '/applications/:id/guilds/:id/commands';
  // An array arrives as a record by index.
  const listOf = (body: Readonly<Record<string, unknown>>) => Object.values(body) as Readonly<Record<string, unknown>>[];
  return [
    { method: 'GET', pattern: everywhere, handle: () => commands.list() },
    { method: 'POST', pattern: everywhere, handle: ({ body }) => commands.create(body) },
    { method: 'PUT', pattern: everywhere, handle: ({ body }) => commands.overwrite(listOf(body)) },
    { method: 'DELETE', pattern: `${everywhere}/:id`, handle: ({ ids: [, id = ''] }) => commands.remove(id) },
    { method: 'GET', pattern: inGuild, handle: ({ ids: [, guild] }) => commands.list(guild) },
    { method: 'POST', pattern: inGuild, handle: ({ ids: [, guild], body }) => commands.create(body, guild) },
    { method: 'PUT', pattern: inGuild, handle: ({ ids: [, guild], body }) => commands.overwrite(listOf(body), guild) },
    { method: 'DELETE', pattern: `${inGuild}/:id`, handle: ({ ids: [, guild, id = ''] }) => commands.remove(id, guild) },
  ];
}
