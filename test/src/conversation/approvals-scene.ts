import type { TestContext } from 'node:test';
import { createToolbox, type ToolServer } from '../../../src/tools/toolbox.ts';
import type { Tool } from '../../../src/tools/tool.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { asking, createTestModel, unanswered, type Answer } from '../../support/test-model.ts';
import { createTestParley, type TestParleyOptions } from '../../support/test-parley.ts';

const limits = { steps: 4, callsPerStep: 4, callTimeoutMs: 5_000, totalMs: 20_000, resultLength: 500 };

export const given = { amount: 5, order: 'A-1' };

/** The model asks for a refund when somebody says so, and repeats what it is told of a decision. */
const refunds: Answer = (request) => {
  const said = unanswered(request).join(' ');
  if (said.includes('A note of the program')) return `So: ${said}`;
  return said.includes('refund') ? asking(['refund', given]) : 'Hello.';
};

export type SceneOptions = Omit<TestParleyOptions, 'toolbox'> & {
  readonly answer?: Answer;
  readonly run?: Tool['run'];
  readonly offered?: boolean;
  /** Tools that come and go, beside the refund. */
  readonly servers?: readonly ToolServer[];
};

/** A Parley whose model may refund what a person has approved; bob may approve. `made` are the calls that the tool has got. */
export function createScene(t: TestContext, options: SceneOptions = {}) {
  const made: string[] = [];
  const tool: Tool = {
    ...{ name: 'refund', title: 'Refunding an order', description: 'Refunds.', readOnly: false, untrusted: true },
    parameters: { type: 'object', properties: { amount: { type: 'number' }, order: { type: 'string' } } },
    run: async (value, use) => {
      made.push(JSON.stringify(value));
      return options.run ? options.run(value, use) : 'refunded';
    },
  };
  const adapter = options.adapter ?? createFakeAdapter({ overrides: { asks: () => true } });
  const { offered = true, answer = refunds } = options;
  const toolbox = createToolbox({
    tools: offered ? [tool] : [],
    servers: options.servers ?? [],
    rules: [{ tools: ['*'] }],
    limits,
  });
  const model = options.model ?? createTestModel(answer);
  const parley = createTestParley(t, { approvers: { fake: ['bob'] }, ...options, adapter, model, toolbox });
  const pending = async () => (await parley.store.listApprovals({ pending: true, limit: 10 }))[0];
  return { parley, made, pending };
}
