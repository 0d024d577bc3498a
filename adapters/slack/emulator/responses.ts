import { isRecord, Refusal, string } from './arguments.ts';
import type { Args } from './arguments.ts';
import { readBlocks } from './blocks.ts';
import type { World } from './world.ts';

export interface ResponseAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * What is sent to a `response_url`, as https://docs.slack.dev/interactivity/handling-user-interaction#message_responses has it: a message for
 * the person's eyes, or with `in_channel` for everybody. Whether the bot is a member does not matter.
 */
export function respond(worlds: readonly World[], path: string, args: Args): ResponseAnswer {
  for (const world of worlds) {
    const place = world.desk.useResponseUrl(path);
    if (place === undefined) continue;
    if (typeof place === 'string') return { status: 404, body: JSON.stringify({ ok: false, error: place }) };
    const user = world.users.get(place.userId);
    const channel = world.channels.get(place.channelId);
    if (!user || !channel) break;
    try {
      const blocks = readBlocks(args['blocks']);
      const text = blocks?.text || string(args['text']);
      if (text === '') return { status: 400, body: 'no_text' };
      if (args['response_type'] !== 'in_channel') world.whisper({ channel, user, text });
      else world.post({ channel, user: world.bot, text, blocks: blocks?.interactive });
    } catch (error) {
      if (error instanceof Refusal) return { status: 400, body: error.code };
      throw error;
    }
    return { status: 200, body: 'ok' };
  }
  return { status: 404, body: JSON.stringify({ ok: false, error: 'no_such_url' }) };
}

/** What a command was acknowledged with: nothing, or a message as above. An `in_channel` one shows the command to everybody. */
export function onCommandAnswer(
  world: World,
  command: { readonly channelId: string; readonly userId: string; readonly text: string },
  answer: unknown,
): void {
  const channel = world.channels.get(command.channelId);
  const user = world.users.get(command.userId);
  if (!channel || !user || !isRecord(answer)) return;
  const text = string(answer['text']);
  const isPublic = answer['response_type'] === 'in_channel';
  if (isPublic) world.post({ channel, user, text: command.text });
  if (text === '') return;
  if (isPublic) world.post({ channel, user: world.bot, text });
  else world.whisper({ channel, user, text });
}
