import type { OpenAiEmulator } from '../support/openai-emulator.ts';

export const role = '900000000000000001';
export const tools = {
  allow: [{ tools: ['current_time'] }],
  approve: ['current_time'],
  approvers: { slack: ['asker'], discord: [`role:${role}`] },
};

/** The model looks at the clock when somebody asks for the time, and repeats what it is told of the decision. */
export function letAsk({ behaviour }: Pick<OpenAiEmulator, 'behaviour'>): void {
  behaviour.answer = ({ messages }) => {
    const last = JSON.stringify(messages.at(-1)?.content);
    const decided = /(?:Approved|Declined) by \w+/.exec(last)?.[0];
    if (last.includes('A note of the program')) return `So: ${decided} ${/In UTC/.exec(last)?.[0] ?? 'nothing'}`;
    if (!last.includes('time')) return 'Hello.';
    return { text: '', finishReason: 'tool_calls', calls: [{ name: 'current_time', arguments: '{"timeZone":"UTC"}' }] };
  };
}
