import type { ApiAnswer, ApiRequest } from './api-emulator.ts';

export const hubspotToken = 'pat-eu1-11111111-2222-3333';

type Properties = Record<string, string>;

interface Filter {
  readonly propertyName: string;
  readonly operator: string;
  readonly value: string;
}

/** HubSpot's CRM as its reference describes it: search, objects and notes, and its errors. */
export function createHubSpot() {
  const contacts = new Map<string, Properties>([['101', { email: 'ada@example.com', firstname: 'Ada', phone: '1' }]]);
  const linked: Readonly<Record<string, Properties>> = { tickets: { subject: 'Broken lamp' }, deals: { dealname: 'Ten lamps' } };
  const notes: { contactId: string; body: string }[] = [];
  let limited = false;

  function search(type: string, body: string): ApiAnswer {
    const { filterGroups, limit } = JSON.parse(body) as { filterGroups: { filters: Filter[] }[]; limit: number }; // What the reference asks for.
    const [filter] = filterGroups[0]?.filters ?? [];
    if (!filter || filter.operator !== 'EQ' || limit > 200) return refuse(400, 'VALIDATION_ERROR', 'Invalid input JSON');
    const found =
      type === 'contacts'
        ? [...contacts].filter(([, { email }]) => filter.propertyName === 'email' && email === filter.value)
        : [['500', linked[type] ?? {}] as const].filter(
            () => filter.propertyName === 'associations.contact' && filter.value === '101',
          );
    const results = found.map(([id, properties]) => ({ id, properties, createdAt: '2026-01-01T00:00:00Z', archived: false }));
    return { body: { total: results.length, results } };
  }

  function update(id: string, body: string): ApiAnswer {
    const contact = contacts.get(id);
    if (!contact) return refuse(404, 'OBJECT_NOT_FOUND', 'Object not found.  objectId are usually numeric.');
    Object.assign(contact, (JSON.parse(body) as { properties: Properties }).properties); // As above.
    return { body: { id, properties: contact } };
  }

  function addNote(body: string): ApiAnswer {
    const { properties, associations } = JSON.parse(body) as {
      properties: { hs_timestamp?: string; hs_note_body?: string };
      associations: { to: { id: string }; types: { associationTypeId: number }[] }[];
    }; // As above.
    const [link] = associations;
    if (Number.isNaN(Date.parse(properties.hs_timestamp ?? '')) || link?.types[0]?.associationTypeId !== 202)
      return refuse(400, 'VALIDATION_ERROR', 'hs_timestamp is required');
    notes.push({ contactId: link.to.id, body: properties.hs_note_body ?? '' });
    return { status: 201, body: { id: String(899 + notes.length), properties } };
  }

  function answer({ method, url, headers, body }: ApiRequest): ApiAnswer {
    if (headers.authorization !== `Bearer ${hubspotToken}`)
      return refuse(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found.');
    if (limited) {
      const said = {
        status: 'error',
        message: 'You have reached your secondly limit.',
        errorType: 'RATE_LIMIT',
        policyName: 'SECONDLY',
      };
      return { status: 429, headers: { 'retry-after': '3' }, body: said };
    }
    const [, type = '', rest = ''] = /^\/crm\/v3\/objects\/(\w+)(?:\/(\w+))?$/.exec(url) ?? [];
    if (method === 'POST' && rest === 'search') return search(type, body);
    if (method === 'PATCH' && type === 'contacts') return update(rest, body);
    if (method === 'POST' && type === 'notes') return addNote(body);
    return refuse(404, 'NOT_FOUND', 'resource not found');
  }

  return { contacts, notes, answer, limit: () => void (limited = true) };
}

function refuse(status: number, category: string, message: string): ApiAnswer {
  return { status, body: { status: 'error', message, correlationId: 'aeb5f871-7f07-4993-9211-075dc63e7cbf', category } };
}
