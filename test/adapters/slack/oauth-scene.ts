import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { EmulatedEnterprise, EmulatedWorkspace } from '../../../adapters/slack/emulator/workspaces.ts';
import type { Installation } from '../../../adapters/slack/installation.ts';
import type { SlackOAuth } from '../../../adapters/slack/oauth/flow.ts';
import type { OutboundMessage } from '../../../src/message.ts';
import { createSecretBox } from '../../../src/secret-box.ts';
import { startSlack } from './harness.ts';
import type { Slack, SlackLedger, SlackSetup } from './harness.ts';

export interface OAuthSetup extends SlackSetup {
  readonly oauth?: Partial<SlackOAuth>;
  /** Beside OAuth; without it there is no other token. */
  readonly botToken?: string;
}

export const stateSecret = 'a state secret of tests, long enough';
export const encryptionKeys = `k1:${randomBytes(32).toString('base64')}`;
/** Where people reach the adapter; the tests ask its server on the loopback interface for what a browser would ask there. */
export const publicUrl = 'https://parley.example.test';

export interface OAuthSlack extends Slack {
  /** Of the emulator. */
  readonly place: (name: string) => EmulatedWorkspace;
  /** What a browser with these cookies gets. */
  get(url: string, cookie?: string): Promise<Visit>;
  /** Begins an installation: where it leads, and what the browser keeps. */
  begin(cookie?: string): Promise<{ readonly authorizeUrl: string; readonly cookie: string }>;
  /** The whole way of a person through their browser. */
  install(target: Pick<EmulatedWorkspace, 'approve'>, user?: string): Promise<Visit>;
}

export interface Visit {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function startOAuth(t: TestContext, setup: OAuthSetup = {}): Promise<OAuthSlack> {
  const { oauth, botToken, ...rest } = setup;
  const credentials = { clientId: '1111111111.2222222222', clientSecret: 'emulated-client-secret' };
  const slack = await startSlack(t, {
    ...rest,
    options: {
      botToken,
      oauth: { ...credentials, stateSecret, encryptionKeys, publicUrl, userScopes: [], pkce: false, ...oauth },
      ...rest.options,
    },
  });
  const origin = new URL(slack.eventsUrl).origin;

  async function get(url: string, cookie?: string): Promise<Visit> {
    const { pathname, search } = new URL(url, origin);
    const headers = cookie === undefined ? {} : { cookie };
    const response = await fetch(origin + pathname + search, { redirect: 'manual', headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  async function begin(kept?: string): Promise<{ authorizeUrl: string; cookie: string }> {
    const { status, headers } = await get('/slack/install', kept);
    assert.equal(status, 302);
    const [cookie = ''] = headers.getSetCookie()[0]?.split(';') ?? [];
    return { authorizeUrl: headers.get('location') ?? '', cookie };
  }

  return Object.assign(slack, {
    place: (name: string) => slack.emulator.workspace(name),
    get,
    begin,
    install: async (target: Pick<EmulatedWorkspace | EmulatedEnterprise, 'approve'>, user = 'Ada') => {
      const { authorizeUrl, cookie } = await begin();
      return get(target.approve(authorizeUrl, user), cookie);
    },
  });
}

/** Asks in the workspace, and sends an answer as the outbox would. */
export async function answerIn(slack: OAuthSlack, workspace: EmulatedWorkspace, text = 'the answer'): Promise<OutboundMessage> {
  const before = slack.offered.length;
  const said = workspace.say({ text: 'a question', mention: true });
  assert.equal(await said.acknowledged, true);
  await Promise.all(said.deliveries.map(({ acknowledged }) => acknowledged));
  const event = slack.offered.slice(before).find(({ type }) => type === 'message');
  assert.ok(event?.type === 'message', 'the question did not arrive');
  const message: OutboundMessage = {
    id: `answer${String(slack.offered.length).padStart(18, '0')}`,
    ...{ conversationId: event.conversationId, tenant: event.tenant, inReplyTo: event.eventId, destination: event.destination },
    ...{ text, part: 0, parts: 1, attempt: 1, createdAt: slack.clock.now() },
  };
  await slack.adapter.send(message, new AbortController().signal);
  return message;
}

/** What the bot shows in a workspace. */
export function shownBy(workspace: EmulatedWorkspace, channel = 'general'): string[] {
  return workspace
    .messages(channel)
    .filter(({ isBot, deleted }) => isBot && !deleted)
    .map(({ text }) => text);
}

/** Whose own tokens are kept with an installation, by what the ledger holds. */
export function grantersIn({ installations }: SlackLedger, id: string): string[] {
  const { data } = installations.rows.get(id) ?? { data: '' };
  const { users } = JSON.parse(createSecretBox(encryptionKeys).open(data, `slack installation ${id}`)) as Pick<
    Installation,
    'users'
  >; // sealed by the adapter
  for (const { token } of Object.values(users)) assert.match(token, /^xoxp-/);
  return Object.keys(users);
}
