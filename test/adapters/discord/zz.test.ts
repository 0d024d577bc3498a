import { test } from 'node:test';
import assert from 'node:assert/strict';
import { onStage, toOutbound, never } from './support.ts';
test('x', () => onStage(async ({ emulator, watch, context, start }) => {
  const a = await start();
  console.log(a.health!());
  emulator.say({ text: 'hello', mention: true });
  await watch.until(() => context.events.length >= 2);
  console.log(context.events, [...context.states]);
  const r = await a.send(toOutbound(context.messages()[0]!.destination, 'hi'), never);
  console.log(r, emulator.messages(emulator.home.channelId).map((m) => m.content));
  console.log(context.lines.join('\n'));
}));
