import type { HttpToolSettings } from '../http/http-tool-settings.ts';
import { email, fieldsOf, parametersOf, toSettings } from './preset-tool.ts';
import type { PresetTool } from './preset-tool.ts';

export interface SalesforceSettings {
  /** My Domain: `https://acme.my.salesforce.com`. */
  readonly url?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** As in `v60.0`. */
  readonly version: string;
  /** The fields of cases that may be changed; where there are none, nobody changes cases. */
  readonly caseFields: readonly string[];
}

/** Without what Salesforce says of each record itself. */
const records = '[records.$sift(function($value, $key) { $key != "attributes" })]';

/** Salesforce's REST API: Query and SObject Rows (https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/). */
export function createSalesforceTools(settings: SalesforceSettings, maxLength: number): HttpToolSettings[] {
  const { url, clientId, clientSecret, version, caseFields } = settings;
  if (url === undefined || clientId === undefined || clientSecret === undefined) return [];
  const tokenUrl = `${url}/services/oauth2/token`;
  const auth = { scheme: 'oauth2', tokenUrl, clientId, secret: clientSecret, clientAuth: 'body' } as const;
  const common = { preset: 'salesforce', title: 'Asking Salesforce', auth, maxLength };
  const api = `${url}/services/data/${version}`;
  const changing = caseFields.length > 0 ? [updateCase(api, caseFields)] : [];
  return [...lookUps(api), ...changing].map((tool) => toSettings(common, tool));
}

function lookUps(api: string): PresetTool[] {
  return [
    {
      name: 'find_contact',
      description: 'Finds the contacts with an e-mail address in Salesforce: id, name, phone, account.',
      parameters: parametersOf({ email }),
      readOnly: true,
      request: query(
        api,
        "SELECT Id, Name, Email, Phone, Title, Account.Name FROM Contact WHERE Email = '{{args.email}}' ORDER BY CreatedDate DESC LIMIT 10",
      ),
      result: records,
    },
    {
      name: 'find_cases',
      description: 'Finds the newest cases of somebody in Salesforce by e-mail address: id, number, subject, status, priority.',
      parameters: parametersOf({ email }),
      readOnly: true,
      request: query(
        api,
        'SELECT Id, CaseNumber, Subject, Status, Priority, CreatedDate FROM Case ' +
          "WHERE Contact.Email = '{{args.email}}' OR SuppliedEmail = '{{args.email}}' ORDER BY CreatedDate DESC LIMIT 10",
      ),
      result: records,
    },
  ];
}

function query(api: string, soql: string): PresetTool['request'] {
  return { method: 'GET', url: `${api}/query`, query: { q: { soql } } };
}

function updateCase(api: string, names: readonly string[]): PresetTool {
  return {
    name: 'update_case',
    description: `Changes fields of a case in Salesforce: ${names.join(', ')}.`,
    parameters: parametersOf({
      caseId: {
        type: 'string',
        pattern: '^[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?$',
        description: 'The Id of the case, as find_cases gives it.',
      },
      fields: fieldsOf(names, 'The fields to change, with their new values.'),
    }),
    readOnly: false,
    request: {
      method: 'PATCH',
      url: `${api}/sobjects/Case/{{args.caseId}}`,
      body: { type: 'json', value: '{{args.fields}}' },
    },
  };
}
