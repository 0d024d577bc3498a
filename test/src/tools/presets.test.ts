import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { createArgumentReader } from '../../../src/tools/tool-arguments.ts';
import type { ToolArguments } from '../../../src/tools/tool.ts';
import { openApi } from '../../support/api-emulator.ts';
import type { ApiAnswer, ApiRequest } from '../../support/api-emulator.ts';
import { createHubSpot, hubspotToken } from '../../support/hubspot-emulator.ts';
import { createSalesforce, salesforceClient } from '../../support/salesforce-emulator.ts';
import { openTools, use } from './configured.ts';

type Presets = (url: string) => unknown;

/** The tools of a preset, called as the model's arguments are: those that do not fit are refused. */
async function open(t: TestContext, answer: (request: ApiRequest) => ApiAnswer, presets: Presets) {
  const api = await openApi(answer);
  t.after(() => api[Symbol.asyncDispose]());
  const tools = await openTools(t, { presets: presets(api.url) });
  const find = (name: string) => {
    const tool = tools.find((each) => each.name === name);
    assert.ok(tool, `${name} is not there`);
    return tool;
  };
  const run = async (name: string, args: ToolArguments) => {
    const read = createArgumentReader(find(name).parameters)(JSON.stringify(args));
    assert.ok('value' in read, JSON.stringify(read));
    return find(name).run(read.value, use);
  };
  const refuses = (name: string, args: ToolArguments) =>
    'problem' in createArgumentReader(find(name).parameters)(JSON.stringify(args));
  return { api, tools, run, refuses };
}

const hubspot: Presets = (url) => ({ hubspot: { token: hubspotToken, url, contactProperties: ['phone'] } });
const salesforce: Presets = (url) => ({ salesforce: { ...salesforceClient, url, caseFields: ['Status'] } });

describe('HubSpot', () => {
  test('finds a contact by e-mail, and its tickets and deals', async (t) => {
    const { run } = await open(t, createHubSpot().answer, hubspot);

    const [contact] = JSON.parse(await run('hubspot__find_contact', { email: 'ada@example.com' })) as {
      id: string;
      properties: object;
    }[];

    assert.deepEqual([contact?.id, contact?.properties], ['101', { email: 'ada@example.com', firstname: 'Ada', phone: '1' }]);
    assert.match(await run('hubspot__find_tickets', { contactId: '101' }), /Broken lamp/);
    assert.match(await run('hubspot__find_deals', { contactId: '101' }), /Ten lamps/);
    assert.equal(await run('hubspot__find_contact', { email: 'nobody@example.com' }), '[]');
  });

  test('changes the properties that may be changed, and no others', async (t) => {
    const crm = createHubSpot();
    const { run, refuses, tools } = await open(t, crm.answer, hubspot);

    await run('hubspot__update_contact', { contactId: '101', properties: { phone: '2"}' } });

    assert.equal(crm.contacts.get('101')?.['phone'], '2"}');
    assert.ok(refuses('hubspot__update_contact', { contactId: '101', properties: { email: 'x' } }));
    assert.ok(refuses('hubspot__update_contact', { contactId: '101', properties: {} }));
    assert.ok(refuses('hubspot__update_contact', { contactId: '../deals/1', properties: { phone: '1' } }));
    assert.deepEqual(
      tools.filter(({ readOnly }) => !readOnly).map(({ name }) => name),
      ['hubspot__update_contact', 'hubspot__add_note'],
    );
  });

  test('changes no contact where no property is named', async (t) => {
    const { tools } = await open(t, createHubSpot().answer, (url) => ({ hubspot: { token: hubspotToken, url } }));

    assert.ok(!tools.some(({ name }) => name === 'hubspot__update_contact'));
  });

  test('adds a note that holds no markup of the model', async (t) => {
    const crm = createHubSpot();
    const { run } = await open(t, crm.answer, hubspot);

    const said = await run('hubspot__add_note', { contactId: '101', text: 'Called.\n<img src=x>' });

    assert.deepEqual(crm.notes, [{ contactId: '101', body: 'Called.<br />\n&lt;img src=x&gt;' }]);
    assert.equal(said, '{"noteId":"900"}');
  });

  test('its errors are told: no right, not there, too many requests', async (t) => {
    const crm = createHubSpot();
    const { run } = await open(t, crm.answer, hubspot);
    const wrong = await open(t, crm.answer, (url) => ({ hubspot: { token: 'another-token', url } }));

    await assert.rejects(
      wrong.run('hubspot__find_contact', { email: 'ada@example.com' }),
      /^ToolError: .* 401\. .*a person has to look\. It says: .*INVALID_AUTHENTICATION/,
    );
    await assert.rejects(
      run('hubspot__update_contact', { contactId: '5', properties: { phone: '1' } }),
      /^ToolError: .* 404\. .*OBJECT_NOT_FOUND/,
    );
    crm.limit();
    await assert.rejects(
      run('hubspot__find_contact', { email: 'ada@example.com' }),
      /^ToolError: .* 429\. .*asked again in 3 s.*RATE_LIMIT/,
    );
  });
});

describe('Salesforce', () => {
  test('finds contacts and cases by e-mail with one token, and another when that has run out', async (t) => {
    const crm = createSalesforce();
    const { api, run } = await open(t, crm.answer, salesforce);

    const contacts: unknown = JSON.parse(await run('salesforce__find_contact', { email: 'ada@example.com' }));
    await run('salesforce__find_cases', { email: 'ada@example.com' });
    crm.expire();
    const cases: unknown = JSON.parse(await run('salesforce__find_cases', { email: 'ada@example.com' }));

    assert.deepEqual(contacts, [{ Id: '003000000000001AAA', Email: 'ada@example.com' }]);
    assert.deepEqual(cases, [{ Id: '500000000000001AAA', Status: 'New' }]);
    assert.equal(api.requests.filter(({ url }) => url === '/services/oauth2/token').length, 2);
  });

  test('an e-mail address ends no text of the query', async (t) => {
    const crm = createSalesforce();
    const { run, api } = await open(t, crm.answer, salesforce);

    for (const email of ["x' OR Name != '", "x\\' OR Name != '", 'x\nLIMIT 200', '"x"'])
      assert.equal(await run('salesforce__find_contact', { email }), '[]');
    await assert.rejects(run('salesforce__find_contact', { email: 'x\u0000y' }), /Nothing was sent/);

    const asked = api.requests.slice(1).map(({ url }) => new URL(url, 'http://x').searchParams.get('q'));
    assert.match(asked[0] ?? '', /WHERE Email = 'x\\' OR Name != \\'' ORDER/);
    assert.match(asked[1] ?? '', /WHERE Email = 'x\\\\\\' OR Name != \\'' ORDER/);
    assert.match(asked[2] ?? '', /WHERE Email = 'x\\nLIMIT 200' ORDER/);
  });

  test('changes the fields that may be changed', async (t) => {
    const crm = createSalesforce();
    const { run, refuses } = await open(t, crm.answer, salesforce);

    const said = await run('salesforce__update_case', { caseId: '500000000000001AAA', fields: { Status: 'Closed' } });

    assert.equal(said, 'Done (status 204).');
    assert.equal(crm.cases.get('500000000000001AAA')?.['Status'], 'Closed');
    assert.ok(refuses('salesforce__update_case', { caseId: '500000000000001AAA', fields: { OwnerId: 'x' } }));
    assert.ok(refuses('salesforce__update_case', { caseId: '../Account/001', fields: { Status: 'x' } }));
  });

  test('its list of errors is told', async (t) => {
    const crm = createSalesforce();
    const { run } = await open(t, crm.answer, salesforce);

    await assert.rejects(
      run('salesforce__update_case', { caseId: '500000000000009AAA', fields: { Status: 'Closed' } }),
      /^ToolError: .* 404\. .*NOT_FOUND/,
    );
    await assert.rejects(
      run('salesforce__update_case', { caseId: '500000000000001AAA', fields: { Status: 'Nonsense' } }),
      /^ToolError: .* 400\. .*INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST/,
    );
    crm.limit();
    await assert.rejects(
      run('salesforce__find_cases', { email: 'ada@example.com' }),
      /^ToolError: .* 403\. .*REQUEST_LIMIT_EXCEEDED/,
    );
  });

  test('a client that is refused is told of, without its secret', async (t) => {
    const crm = createSalesforce();
    const { run } = await open(t, crm.answer, (url) => ({
      salesforce: { ...salesforceClient, clientSecret: 'wrong-secret', url },
    }));

    await assert.rejects(run('salesforce__find_contact', { email: 'ada@example.com' }), (error: Error) => {
      assert.match(error.message, /answered 400 \(tools\.presets\.salesforce\.auth\.tokenUrl\)/);
      assert.doesNotMatch(error.message, /wrong-secret/);
      return true;
    });
  });
});
