import type { HttpToolSettings } from '../http/http-tool-settings.ts';
import type { Json } from '../../message.ts';
import { email, fieldsOf, parametersOf, toSettings } from './preset-tool.ts';
import type { PresetTool } from './preset-tool.ts';

export interface HubSpotSettings {
  readonly url: string;
  /** Of a private app or a service key. */
  readonly token?: string | undefined;
  /** The properties of contacts that may be changed; where there are none, nobody changes contacts. */
  readonly contactProperties: readonly string[];
}

const id = { type: 'string', pattern: '^[0-9]{1,20}$' };
const contactId = { ...id, description: 'The id of the contact, as find_contact gives it.' };
const objects = '[results.{ "id": id, "properties": properties }]';

/** HubSpot's CRM API, version 3 (https://developers.hubspot.com/docs/api-reference/crm-contacts-v3 and its siblings). None without a token. */
export function createHubSpotTools({ url, token, contactProperties }: HubSpotSettings, maxLength: number): HttpToolSettings[] {
  if (token === undefined) return [];
  const auth = { scheme: 'bearer', secret: token } as const;
  const common = { preset: 'hubspot', title: 'Asking HubSpot', auth, maxLength };
  const changing = contactProperties.length > 0 ? [updateContact(url, contactProperties)] : [];
  return [...lookUps(url), ...changing, addNote(url)].map((tool) => toSettings(common, tool));
}

function lookUps(url: string): PresetTool[] {
  return [
    {
      name: 'find_contact',
      description: 'Finds the contact with an e-mail address in HubSpot: id, name, phone, company, lifecycle stage.',
      parameters: parametersOf({ email }),
      readOnly: true,
      request: search(url, 'contacts', {
        filter: { propertyName: 'email', operator: 'EQ', value: '{{args.email}}' },
        properties: ['email', 'firstname', 'lastname', 'phone', 'company', 'lifecyclestage', 'hs_lead_status'],
      }),
      result: objects,
    },
    {
      name: 'find_tickets',
      description: 'Finds the newest tickets of a contact in HubSpot: subject, content, stage, priority.',
      parameters: parametersOf({ contactId }),
      readOnly: true,
      request: search(url, 'tickets', {
        filter: { propertyName: 'associations.contact', operator: 'EQ', value: '{{args.contactId}}' },
        properties: ['subject', 'content', 'hs_pipeline_stage', 'hs_ticket_priority', 'createdate'],
      }),
      result: objects,
    },
    {
      name: 'find_deals',
      description: 'Finds the newest deals of a contact in HubSpot: name, stage, amount, closing date.',
      parameters: parametersOf({ contactId }),
      readOnly: true,
      request: search(url, 'deals', {
        filter: { propertyName: 'associations.contact', operator: 'EQ', value: '{{args.contactId}}' },
        properties: ['dealname', 'dealstage', 'amount', 'closedate', 'createdate'],
      }),
      result: objects,
    },
  ];
}

interface Search {
  readonly filter: { readonly [key: string]: Json };
  readonly properties: readonly string[];
}

function search(url: string, type: string, { filter, properties }: Search): PresetTool['request'] {
  const sorts = [{ propertyName: 'createdate', direction: 'DESCENDING' }];
  const value: Json = { filterGroups: [{ filters: [filter] }], properties, sorts, limit: 10 };
  return { method: 'POST', url: `${url}/crm/v3/objects/${type}/search`, body: { type: 'json', value } };
}

function updateContact(url: string, names: readonly string[]): PresetTool {
  return {
    name: 'update_contact',
    description: `Changes properties of a contact in HubSpot: ${names.join(', ')}.`,
    parameters: parametersOf({ contactId, properties: fieldsOf(names, 'The properties to change, with their new values.') }),
    readOnly: false,
    request: {
      method: 'PATCH',
      url: `${url}/crm/v3/objects/contacts/{{args.contactId}}`,
      body: { type: 'json', value: { properties: '{{args.properties}}' } },
    },
    result: '{ "id": id, "properties": properties }',
  };
}

/** Of a note to its contact, as HubSpot defines it. */
const noteToContact = 202;

/** The body of a note is HTML. */
function addNote(url: string): PresetTool {
  const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: noteToContact }];
  const value: Json = {
    properties: { hs_timestamp: '{{now}}', hs_note_body: '{{args.text | escape | newline_to_br}}' },
    associations: [{ to: { id: '{{args.contactId}}' }, types }],
  };
  return {
    name: 'add_note',
    description: 'Adds a note to a contact in HubSpot, for the team. It replaces nothing.',
    parameters: parametersOf({ contactId, text: { type: 'string', minLength: 1, maxLength: 10_000 } }),
    readOnly: false,
    request: { method: 'POST', url: `${url}/crm/v3/objects/notes`, body: { type: 'json', value } },
    result: '{ "noteId": id }',
  };
}
