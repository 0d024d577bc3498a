import type { TestContext } from 'node:test';
import { createSlackEmulator } from '../../../adapters/slack/emulator.ts';
import type { SlackEmulator, SlackEmulatorOptions } from '../../../adapters/slack/emulator.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

export interface Answer {
  readonly ok: boolean;
  readonly error?: string;
  readonly ts?: string;
  readonly messages?: readonly Readonly<Record<string, unknown>>[];
  readonly response_metadata?: { readonly next_cursor: string };
}

export type Call = (
  method: string,
  args?: Readonly<Record<string, unknown>>,
  options?: { token?: string; json?: boolean },
) => Promise<Answer>;

export async function startEmulator(t: TestContext, options: Partial<SlackEmulatorOptions> = {}) {
  const clock = createFakeClock();
  const emulator = createSlackEmulator({ clock, echoes: false, ...options });
  const { apiUrl } = await emulator.start();
  t.after(() => emulator.stop());
  const call: Call = async (method, args = {}, { token = emulator.botToken, json = false } = {}) => {
    const texts = Object.entries(args).map(([key, value]): [string, string] => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    const response = await fetch(`${apiUrl}${method}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded',
      },
      body: json ? JSON.stringify(args) : new URLSearchParams(texts).toString(),
    });
    return (await response.json()) as Answer;
  };
  return { emulator, call, clock, channel: emulator.channel('general') };
}

/** A stream in a thread, begun as a bot does it. */
export async function startStream(call: Call, emulator: SlackEmulator) {
  const said = emulator.say({ text: 'hello' });
  const recipient = { recipient_user_id: emulator.user('Ada').id, recipient_team_id: emulator.teamId };
  const { ts = '' } = await call('chat.startStream', {
    channel: said.channel,
    thread_ts: said.ts,
    ...recipient,
    markdown_text: 'a',
  });
  return { said, message: { channel: said.channel, ts } };
}
