import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startDiscordProcess } from './discord-process.ts';
import { until } from './stage.ts';

const program = fileURLToPath(new URL('../support/mcp-server.ts', import.meta.url));

/** A file in which the server's tool notes what it has done. */
function createNotes(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-refunds-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'refunds.txt');
  writeFileSync(path, '');
  return { path, read: () => readFileSync(path, 'utf8').split('\n').slice(0, -1) };
}

/** The settings of the server, as a program of Parley's or as a process of its own. */
async function serve(t: TestContext, { way, notes }: { readonly way: string; readonly notes: string }) {
  if (way === 'a program') return { command: [process.execPath, program], env: { REFUNDS: notes } };
  const env = { ...process.env, REFUNDS: notes };
  const child = spawn(process.execPath, [program, '0'], { stdio: ['ignore', 'pipe', 'inherit'], env });
  t.after(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${Number(line.toString())}/mcp`, token: 'let-me-in' };
}

for (const way of ['a program', 'an address']) {
  test(`a tool that acts, of an MCP server at ${way}, is called once: approved, and over SIGKILL of Parley in mid-call`, async (t) => {
    const notes = createNotes(t);
    const server = await serve(t, { way, notes: notes.path });
    const tools = {
      allow: [{ tools: ['docs__*'] }],
      approvers: { discord: ['asker'] },
      mcp: { docs: { ...server, acting: ['refund'] } },
    };
    const { discord, model, running, restart } = await startDiscordProcess(t, { tools, outbound: { allow: ['127.0.0.1'] } });
    await running().logged('MCP server is connected');
    model.behaviour.answer = ({ messages }) => {
      const last = JSON.stringify(messages.at(-1)?.content);
      if (last.includes('A note of the program')) return `So: ${last}`;
      const order = /refund (\w+)/.exec(last)?.[1];
      return { text: '', finishReason: 'tool_calls', calls: [{ name: 'docs__refund', arguments: JSON.stringify({ order }) }] };
    };
    const shown = () => discord.messages(discord.home.channelId).filter(({ author }) => author.isBot);
    const approve = async (order: string): Promise<void> => {
      const before = shown().length;
      discord.say({ text: `please refund ${order}`, mention: true });
      const request = () => shown()[before];
      await until(() => JSON.stringify(request()?.components ?? []).includes('parley:approve'), `the request for ${order}`);
      const [customId = ''] = /parley:approve:\w+/.exec(JSON.stringify(request()?.components)) ?? [];
      discord.press({ messageId: request()?.id ?? '', customId });
    };

    await approve('first');
    await until(() => shown().length === 2, 'the answer');
    const done = notes.read();
    await approve('silent');
    await until(() => notes.read().length === 2, 'the call');
    await running().kill();
    await restart();
    await until(() => shown().length === 4, 'the answer after the restart');

    assert.deepEqual([done, notes.read()], [['first'], ['first', 'silent']]);
    assert.match(shown()[1]?.content ?? '', /refunded first/);
    assert.match(shown()[3]?.content ?? '', /It is not known what came of it/);
  });
}
