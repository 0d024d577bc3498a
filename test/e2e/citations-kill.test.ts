import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDiscordProcess } from './discord-process.ts';
import { until } from './stage.ts';

const allow = [{ tools: ['search_knowledge'] }];
const creating = /^POST \/channels\/:id\/messages$/;

for (const phase of ['before', 'after'] as const) {
  test(`an answer is shown once, with its sources, where Parley is killed ${phase} Discord has it`, async (t) => {
    const { discord, model, folder, running, restart } = await startDiscordProcess(t, { tools: { allow } });
    await running().kill();
    mkdirSync(join(folder, 'knowledge'));
    writeFileSync(join(folder, 'knowledge', 'returns.md'), '# Returns\n\n## Goods\n\nYou may return goods for thirty days.\n');
    const call = { name: 'search_knowledge', arguments: '{"question":"How long may I return goods?"}' };
    model.behaviour.answer = ({ messages }) =>
      messages.some(({ role }) => role === 'tool')
        ? 'Thirty days [1], or forty [8].'
        : { text: '', finishReason: 'tool_calls', calls: [call] };
    await restart();
    const killed = Promise.withResolvers<unknown>();
    const end = discord.onCall((seen, when) => {
      if (creating.test(seen) && when === phase) killed.resolve(running().kill());
    });
    discord.say({ text: 'How long may I return goods?', mention: true });
    await killed.promise;
    end();
    const asked = model.calls.length;

    await restart();
    const shown = () => discord.messages(discord.home.channelId).filter(({ author }) => author.isBot);
    await until(() => shown().some(({ content }) => content.includes('**Sources**')), 'the answer');
    assert.equal(model.calls.length, asked, 'it was committed before the kill');
    model.behaviour.answer = () => 'It says thirty days.';
    discord.say({ text: 'Thanks. What does source 1 say?', mention: true });
    await until(() => shown().some(({ content }) => content === 'It says thirty days.'), 'the next answer');

    assert.match(shown()[0]?.content ?? '', /^Thirty days \[1\], or forty\.\n+\*\*Sources\*\*\n1\. .*Goods \(`returns\.md`\)$/);
    assert.equal(shown().length, 2);
    const context = model.calls[asked]?.request.messages.filter(({ role }) => role === 'assistant').at(-1)?.content;
    assert.match(JSON.stringify(context), /Thirty days \[1\], or forty\..*1\. .*Goods/);
  });
}
