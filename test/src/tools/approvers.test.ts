import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Author } from '../../../src/message.ts';
import { createApprovers } from '../../../src/tools/approvers.ts';
import { createToolbox } from '../../../src/tools/toolbox.ts';
import type { Tool } from '../../../src/tools/tool.ts';

const named = { discord: ['1', 'role:7', 'G2/5', 'G2/role:8'], slack: ['U1', 'asker'] };
const limits = { steps: 1, callsPerStep: 1, callTimeoutMs: 1, totalMs: 1, resultLength: 1 };

function authorityOf(adapter: string, author: Partial<Author>, tenant = 'G1') {
  return createApprovers(named).authorityOf({ adapter, tenant, author: { id: '9', name: 'x', isBot: false, ...author } });
}

describe('approvers', () => {
  for (const [who, expected, actual] of [
    ['a person who is named', 'any', authorityOf('discord', { id: '1' })],
    ['a person of a role that is named', 'any', authorityOf('discord', { roles: ['6', '7'] })],
    ['a person whose id is that of the role', undefined, authorityOf('discord', { id: '7' })],
    ['a person whose role is the id of a person', undefined, authorityOf('discord', { roles: ['1'] })],
    ['a person who is named in another tenant', undefined, authorityOf('discord', { id: '5' })],
    ['a person who is named in this tenant', 'any', authorityOf('discord', { id: '5' }, 'G2')],
    ['a role that is named in this tenant', 'any', authorityOf('discord', { roles: ['8'] }, 'G2')],
    ['a role that is named in another tenant', undefined, authorityOf('discord', { roles: ['8'] })],
    ['anybody, where who asked may', 'asker', authorityOf('slack', {})],
    ['somebody whose id is the word', 'asker', authorityOf('slack', { id: 'asker' })],
    ['a bot that is named', undefined, authorityOf('slack', { id: 'U1', isBot: true })],
    ['anybody where nobody is named', undefined, authorityOf('webhook', { id: '1' })],
  ] as const) {
    test(`give ${who} ${expected === undefined ? 'nothing' : `"${expected}"`} to decide`, () => {
      assert.equal(actual, expected);
    });
  }

  test('are named on an adapter or not', () => {
    const approvers = createApprovers({ ...named, slack: [] });

    assert.deepEqual(
      [approvers.areNamed('discord'), approvers.areNamed('slack'), approvers.areNamed('webhook')],
      [true, false, false],
    );
  });
});

describe('rules of tools', () => {
  const tool = (name: string, readOnly: boolean): Tool => ({
    ...{ name, title: name, description: name, parameters: {}, readOnly, untrusted: false },
    run: async () => '',
  });
  const tools = [tool('act', false), tool('look', true), tool('look_up', true)];

  test('with roles hold for who has one of them', () => {
    const toolbox = createToolbox({ tools, limits, rules: [{ tools: ['look'], roles: ['7', '8'] }] });
    const offeredTo = (author: Partial<Author>) => {
      const place = { adapter: 'discord', tenant: 'G1', conversationId: 'discord:G1:1' };
      return toolbox.toolsFor({ ...place, author: { id: '1', name: 'x', isBot: false, ...author } }).length;
    };

    assert.deepEqual([offeredTo({ roles: ['8'] }), offeredTo({ roles: ['9'] }), offeredTo({})], [1, 0, 0]);
  });

  test('never spare what acts a person, and ask one for what the operator names', () => {
    const { needsApproval } = createToolbox({ tools, limits, rules: [], approve: ['look_*'] });

    const asked = tools.flatMap((each) => [needsApproval(each, false), needsApproval(each, true)]);

    assert.deepEqual(asked, [true, true, false, false, true, true]);
  });
});
