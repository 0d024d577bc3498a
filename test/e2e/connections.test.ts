import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until, type Stage } from './stage.ts';

interface Break {
  readonly name: string;
  readonly make: (stage: Stage) => void;
}

const slackBreaks: readonly Break[] = [
  { name: 'Slack asks for a new connection', make: ({ slack }) => slack.requestDisconnect('refresh_requested') },
  { name: 'Slack warns that it will close', make: ({ slack }) => slack.requestDisconnect('warning') },
  { name: 'the connection breaks', make: ({ slack }) => slack.dropConnections() },
];

const discordBreaks: readonly Break[] = [
  { name: 'the connection breaks and is resumed', make: ({ discord }) => discord.dropConnections({ resumable: true }) },
  { name: 'the connection breaks and cannot be resumed', make: ({ discord }) => discord.dropConnections({ resumable: false }) },
  { name: 'Discord asks for a new connection', make: ({ discord }) => discord.requestReconnect() },
  { name: 'Discord invalidates the session', make: ({ discord }) => discord.invalidateSessions() },
  {
    name: 'Discord closes with a code that allows a resume',
    make: ({ discord }) => discord.dropConnections({ resumable: true, code: 4000 }),
  },
  { name: 'Discord forgets the session', make: ({ discord }) => discord.dropConnections({ resumable: false, code: 4009 }) },
];

for (const { name, make } of slackBreaks) {
  test(`slack: what is said before, while and after ${name} is answered once`, () =>
    onStage('slack', (stage) => breakAndGoOn(stage, make, () => stage.slack.connected()), { slackOver: 'socket' }));
}

for (const { name, make } of discordBreaks) {
  test(`discord: what is said before, while and after ${name} is answered once`, () =>
    onStage('discord', (stage) => breakAndGoOn(stage, make, () => stage.discord.connected())));
}

test('discord: what is said while the gateway cannot be reached is answered when it can', () =>
  onStage('discord', async ({ start, discord, people, settled }) => {
    await start();
    people.ask(2);
    await settled();
    discord.faults.add({ route: 'GATEWAY', kind: 'refuse', times: 3 });
    discord.dropConnections({ resumable: true });

    people.ask(3);

    await settled();
    assert.equal(discord.faults.pending(), 0);
  }));

async function breakAndGoOn(stage: Stage, make: Break['make'], connected: () => number): Promise<void> {
  const { start, people, settled } = stage;
  await start();
  people.ask(3);
  await settled();

  people.ask(3);
  make(stage);
  people.ask(3);

  await settled();
  await until(() => connected() > 0, 'a new connection');
  people.ask(2);
  await settled();
}
