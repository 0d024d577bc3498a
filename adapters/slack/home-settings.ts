import { isDeepStrictEqual } from 'node:util';
import { withTimeout } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { HeldPlaces } from '../../src/held-places.ts';
import type { Log } from '../../src/log.ts';
import { createAdmins } from './admins.ts';
import type { IsAdmin } from './admins.ts';
import type { SlackCaller } from './client.ts';
import { isCredentialError, platformErrorOf } from './failure.ts';
import type { HomeOptions } from './home.ts';
import type { HomeButton } from './home-view.ts';
import { toInteractionId } from './interaction.ts';
import type { Interaction, InteractionHandlers, InteractionOutcome } from './interaction.ts';
import { isRecord } from './receive.ts';
import { formBlocks, parseChannel, parsePlace, parseSettings, toChannelForm, toNote, toSettingsForm } from './settings-view.ts';

export interface HomeSettingsOptions {
  readonly slack: SlackCaller;
  readonly clock: Clock;
  readonly log: Log;
  readonly places: HeldPlaces;
  /** Those that may be chosen for a channel. */
  readonly models: readonly string[];
  readonly stopping: AbortSignal;
}

export interface HomeSettings {
  readonly handlers: InteractionHandlers;
  readonly buttonsFor: HomeOptions['buttonsFor'];
}

const button: HomeButton = { actionId: toInteractionId('settings'), label: 'Channel settings' };
const timeoutMs = 2_000;

const words = {
  notAdmin: 'Only admins and owners of this workspace may change settings.',
  noChannel: 'I cannot see this channel. Invite me to it first.',
  notMember: 'This channel is private, and you are not in it.',
  noScope: 'I may not look at channels: the app lacks the scopes channels:read and groups:read.',
  trouble: 'Slack did not answer me in time. Please try again.',
  stale: 'Somebody has changed these settings meanwhile. Close this and open it again.',
  saved: 'Saved. It holds from the next message in this channel on.',
} as const;

/**
 * Admins change the settings of channels: first which channel, then what holds there. Who they are and which channel it is are asked of
 * Slack again with each form that is submitted: a form stays open as long as somebody likes.
 */
export function createHomeSettings(options: HomeSettingsOptions): HomeSettings {
  const isAdmin = createAdmins(options);
  const look = createChannelLook(options);
  return {
    buttonsFor: async ({ tenant, userId }) => ((await isAdmin({ tenant, userId })) === true ? [button] : []),
    handlers: {
      'block_actions:settings': (interaction) => ({ afterwards: openForm(options, isAdmin, interaction) }),
      'view_submission:settings-channel': (interaction) => onChannel(interaction, { ...options, isAdmin, look }),
      'view_submission:settings': (interaction) => onSettings(interaction, { ...options, isAdmin, look }),
    },
  };
}

function openForm({ slack }: HomeSettingsOptions, isAdmin: IsAdmin, { tenant, user, triggerId }: Interaction) {
  return async (signal: AbortSignal): Promise<void> => {
    if (triggerId === undefined) return;
    const view = (await isAdmin({ tenant, userId: user.id })) ? toChannelForm() : toNote(words.notAdmin);
    await slack.of({ tenant }).call('views.open', { trigger_id: triggerId, view }, signal);
  };
}

interface Steps extends HomeSettingsOptions {
  readonly isAdmin: IsAdmin;
  readonly look: ChannelLook;
}

async function onChannel(
  { tenant, user, view = {} }: Interaction,
  { isAdmin, look, places, models }: Steps,
): Promise<InteractionOutcome> {
  const may = await isAdmin({ tenant, userId: user.id });
  if (may === undefined) return wrong(formBlocks.channel, words.trouble);
  if (!may) return update(toNote(words.notAdmin));
  const channel = parseChannel(view);
  const found = channel === undefined ? { trouble: words.noChannel } : await look(tenant, channel, user.id);
  if (channel === undefined || 'trouble' in found)
    return wrong(formBlocks.channel, 'trouble' in found ? found.trouble : words.noChannel);
  const { seq = 0, settings } = places.get(tenant, channel) ?? {};
  return update(toSettingsForm({ channel, name: found.name, seq, settings, models }));
}

async function onSettings(interaction: Interaction, { isAdmin, look, places, models, log }: Steps): Promise<InteractionOutcome> {
  const { tenant, user, view = {}, eventId } = interaction;
  const place = parsePlace(view);
  const may = await isAdmin({ tenant, userId: user.id });
  if (may === undefined) return wrong(formBlocks.mode, words.trouble);
  if (!place || !may) return update(toNote(words.notAdmin));
  const submitted = parseSettings(view, models);
  if ('errors' in submitted) return { response: { response_action: 'errors', errors: submitted.errors } };
  const { channel, seq } = place;
  const found = await look(tenant, channel, user.id);
  if ('trouble' in found) return wrong(formBlocks.mode, found.trouble);
  const { settings } = submitted;
  const current = places.get(tenant, channel);
  if (current?.seq === seq && isDeepStrictEqual(current.settings, settings)) return update(toNote(words.saved));
  const result = await places.change({
    tenant,
    place: channel,
    id: eventId,
    settings,
    author: { id: user.id, name: user.name },
    replaces: seq,
  });
  if (result === 'stale') return wrong(formBlocks.mode, words.stale);
  if (result === 'saved') log.info('slack channel settings changed', { tenant, channel, userId: user.id });
  return update(toNote(words.saved));
}

function wrong(block: string, text: string): InteractionOutcome {
  return { response: { response_action: 'errors', errors: { [block]: text } } };
}

function update(view: Readonly<Record<string, unknown>>): InteractionOutcome {
  return { response: { response_action: 'update', view } };
}

type ChannelLook = (
  tenant: string,
  channel: string,
  viewer: string,
) => Promise<{ readonly name: string } | { readonly trouble: string }>;

/** Whether it is a channel of this workspace that the bot sees, and the viewer too: what holds in a private one is for those in it, admins or not. */
function createChannelLook({ slack, clock, log, stopping }: HomeSettingsOptions): ChannelLook {
  return async (tenant, channelId, viewer) => {
    const { signal, clear } = withTimeout(clock, timeoutMs, stopping);
    try {
      const caller = slack.of({ tenant });
      const { channel } = await caller.call('conversations.info', { channel: channelId }, signal);
      if (!isRecord(channel) || channel['is_im'] === true || channel['is_mpim'] === true) return { trouble: words.noChannel };
      if (channel['is_private'] === true && !(await isMember(caller, { channelId, viewer }, signal)))
        return { trouble: words.notMember };
      return { name: typeof channel['name'] === 'string' ? channel['name'] : '' };
    } catch (error) {
      if (platformErrorOf(error) === 'channel_not_found') return { trouble: words.noChannel };
      log.warn('slack does not tell of a channel whose settings were to be changed', {
        tenant,
        channelId,
        error: describeError(error),
      });
      return { trouble: isCredentialError(error) ? words.noScope : words.trouble };
    } finally {
      clear();
    }
  };
}

/** Slack gives 1,000 at most in a page. */
const membersPerPage = 1_000;
const maxPages = 20;

async function isMember(
  slack: SlackCaller,
  { channelId, viewer }: { readonly channelId: string; readonly viewer: string },
  signal: AbortSignal,
): Promise<boolean> {
  let cursor = '';
  for (let page = 0; page < maxPages; page += 1) {
    const from = cursor === '' ? {} : { cursor };
    const answer = await slack.call('conversations.members', { channel: channelId, limit: membersPerPage, ...from }, signal);
    if (Array.isArray(answer['members']) && answer['members'].includes(viewer)) return true;
    const { response_metadata: metadata } = answer;
    cursor = isRecord(metadata) && typeof metadata['next_cursor'] === 'string' ? metadata['next_cursor'] : '';
    if (cursor === '') return false;
  }
  return false;
}
