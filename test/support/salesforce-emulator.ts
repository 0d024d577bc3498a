import type { ApiAnswer, ApiRequest } from './api-emulator.ts';

export const salesforceClient = { clientId: '3MVG9.client', clientSecret: 'the-consumer-secret' };

const data = '/services/data/v60.0';

/** Salesforce's token endpoint, queries and rows as its reference describes them, and its list of errors. */
export function createSalesforce() {
  const cases = new Map<string, Record<string, string>>([['500000000000001AAA', { Status: 'New' }]]);
  let tokens = 0;
  let expired = 0;
  let limited = false;

  function giveToken(body: string): ApiAnswer {
    const { grant_type: grant, client_id: id, client_secret: secret } = Object.fromEntries(new URLSearchParams(body));
    if (grant !== 'client_credentials' || id !== salesforceClient.clientId || secret !== salesforceClient.clientSecret)
      return { status: 400, body: { error: 'invalid_client', error_description: `invalid client credentials: ${secret}` } };
    tokens += 1;
    return { body: { access_token: `00D!AQ.${tokens}`, instance_url: 'x', token_type: 'Bearer', issued_at: '1780000000000' } };
  }

  function query(soql: string): ApiAnswer {
    // One text in quotes, in which a backslash stands before each sign that could end it.
    const [, from = '', text = ''] =
      /FROM (\w+) WHERE (?:Contact\.)?Email = '((?:\\.|[^'\\])*)' (?:ORDER|OR SuppliedEmail)/.exec(soql) ?? [];
    if (from === '' || soql.includes('\n')) return refuse(400, 'MALFORMED_QUERY', 'unexpected token');
    const attributes = { type: from, url: `${data}/sobjects/${from}/x` };
    const record =
      from === 'Contact' ? { Id: '003000000000001AAA', Email: 'ada@example.com' } : { Id: '500000000000001AAA', Status: 'New' };
    const records = text === 'ada@example.com' ? [{ attributes, ...record }] : [];
    return { body: { totalSize: records.length, done: true, records } };
  }

  function update(id: string, body: string): ApiAnswer {
    const row = cases.get(id);
    if (!row) return refuse(404, 'NOT_FOUND', 'The requested resource does not exist');
    const fields = JSON.parse(body) as Record<string, string>; // What the reference asks for.
    if (!['New', 'Closed'].includes(fields['Status'] ?? ''))
      return refuse(400, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', `Status: bad value: ${fields['Status']}`);
    Object.assign(row, fields);
    return { status: 204 };
  }

  function answer({ method, url, headers, body }: ApiRequest): ApiAnswer {
    if (url === '/services/oauth2/token') return giveToken(body);
    const number = Number(/^Bearer 00D!AQ\.(\d+)$/.exec(headers.authorization ?? '')?.[1] ?? 0);
    if (number <= expired) return refuse(401, 'INVALID_SESSION_ID', 'Session expired or invalid');
    if (limited) return refuse(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.');
    const { pathname, searchParams } = new URL(url, 'http://salesforce');
    if (method === 'GET' && pathname === `${data}/query`) return query(searchParams.get('q') ?? '');
    const [, id] = /\/sobjects\/Case\/(\w+)$/.exec(pathname) ?? [];
    if (method === 'PATCH' && id !== undefined) return update(id, body);
    return refuse(404, 'NOT_FOUND', 'The requested resource does not exist');
  }

  return { cases, answer, expire: () => void (expired = tokens), limit: () => void (limited = true) };
}

function refuse(status: number, errorCode: string, message: string): ApiAnswer {
  return { status, body: [{ message, errorCode }] };
}
