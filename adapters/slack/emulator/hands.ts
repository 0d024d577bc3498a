import { elementsOf } from './blocks.ts';
import type { Block } from './blocks.ts';
import type { Delivery } from './deliveries.ts';
import type { OpenView } from './desk.ts';
import type { Announcer } from './events.ts';
import { isRecord, string } from './arguments.ts';
import type { EmulatedUser, StoredMessage, World } from './world.ts';

/** Something that a person presses. It must really be there. */
export interface Press {
  /** Id of the channel. */
  readonly channel: string;
  readonly ts: string;
  /** Name; `Ada` by default. */
  readonly user?: string;
  /** What stands on it. */
  readonly label: string;
}

export interface ChosenShortcut {
  readonly callbackId: string;
  /** Name; `Ada` by default. */
  readonly user?: string;
  /** The message on which it is chosen; a global one without. */
  readonly message?: { readonly channel: string; readonly ts: string };
}

export interface Submission {
  readonly view: OpenView;
  /** By `block_id`: the value of the choice, or the text. What is left out stays empty. */
  readonly values?: Readonly<Record<string, string>>;
}

export interface Hands {
  press(press: Press): Delivery;
  shortcut(chosen: ChosenShortcut): Delivery;
  /** The forms that are open in front of this person. */
  views(user?: string): readonly OpenView[];
  /** The form closes unless the answer says otherwise. */
  submit(submission: Submission): Delivery;
  closeView(view: OpenView): Delivery;
}

/** What people do beside writing: the payloads of https://docs.slack.dev/reference/interaction-payloads. */
export function createHands(world: World, announcer: Announcer): Hands {
  function find(channel: string, ts: string): StoredMessage {
    const message = world.find(channel, ts);
    if (!message) throw new RangeError(`There is no message ${ts} in ${channel}.`);
    return message;
  }

  return {
    press: ({ channel, ts, user = 'Ada', label }) => {
      const message = find(channel, ts);
      const pressed = elementsOf(message.blocks).flatMap(({ block, element }) => actionsOf(block, element));
      const action = pressed.find((each) => each.label === label);
      if (!action) throw new RangeError(`Nothing under the message ${ts} reads "${label}".`);
      return announcer.interaction({
        ...{ type: 'block_actions', ...toBase(world, world.user(user)), ...placeOf(world, message, world.user(user)) },
        container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false, ...threadOf(message) },
        state: { values: {} },
        actions: [{ ...action.payload, action_ts: world.nextTs() }],
      });
    },
    shortcut: ({ callbackId, user = 'Ada', message: at }) => {
      const message = at && find(at.channel, at.ts);
      const chosen = { ...toBase(world, world.user(user)), callback_id: callbackId, action_ts: world.nextTs() };
      if (!message) return announcer.interaction({ type: 'shortcut', ...chosen });
      const { ts } = message;
      return announcer.interaction({
        type: 'message_action',
        ...chosen,
        ...placeOf(world, message, world.user(user)),
        message_ts: ts,
      });
    },
    ...createFormFilling(world, announcer),
  };
}

function createFormFilling(world: World, announcer: Announcer): Pick<Hands, 'views' | 'submit' | 'closeView'> {
  const personOf = ({ userId }: OpenView): EmulatedUser => world.users.get(userId) ?? world.user('Ada');
  return {
    views: (user = 'Ada') => world.desk.views.filter(({ userId }) => userId === world.user(user).id),
    submit: ({ view: opened, values = {} }) => {
      if (!world.desk.views.includes(opened)) throw new RangeError('The form is not open.');
      const view = { ...toViewPayload(world, opened), state: { values: stateOf(opened.view, values) } };
      const base = toBase(world, personOf(opened));
      const delivery = announcer.interaction({ type: 'view_submission', ...base, view, response_urls: [] });
      void delivery.acknowledged.then((isAcknowledged) => {
        const { response } = delivery;
        const action = isRecord(response) ? response['response_action'] : undefined;
        if (isAcknowledged && action !== 'errors') world.desk.close(opened.id);
      });
      return delivery;
    },
    closeView: (opened) => {
      world.desk.close(opened.id);
      const base = { ...toBase(world, personOf(opened)), trigger_id: undefined };
      return announcer.interaction({ type: 'view_closed', ...base, view: toViewPayload(world, opened), is_cleared: false });
    },
  };
}

function toBase(world: World, user: EmulatedUser): Record<string, unknown> {
  const { teamId, enterpriseId, appId } = world;
  return {
    user: { id: user.id, username: user.name.toLowerCase(), name: user.name.toLowerCase(), team_id: teamId },
    api_app_id: appId,
    token: 'verification-token-of-old',
    trigger_id: world.desk.issueTrigger(user.id),
    team: { id: teamId, domain: 'parley', ...(enterpriseId === null ? {} : { enterprise_id: enterpriseId }) },
    enterprise: enterpriseId === null ? null : { id: enterpriseId, name: 'Enterprise' },
    is_enterprise_install: false,
  };
}

interface Pressable {
  readonly label: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

function actionsOf(block: Block, element: Block): Pressable[] {
  const shared = { block_id: block['block_id'], action_id: element['action_id'], type: element['type'] };
  const both = element['type'] === 'feedback_buttons' ? [element['positive_button'], element['negative_button']] : [element];
  return both.filter(isRecord).map(({ text, value }) => ({
    label: isRecord(text) ? string(text['text']) : '',
    payload: { ...shared, text, value },
  }));
}

function placeOf(world: World, message: StoredMessage, by: EmulatedUser): Readonly<Record<string, unknown>> {
  const { ts, channelId, user, text } = message;
  const name = world.channels.get(channelId)?.name || 'directmessage';
  const ofBot = user.isBot ? { bot_id: user.botId ?? world.botId, app_id: user.appId ?? world.appId } : {};
  return {
    channel: { id: channelId, name },
    message: {
      type: 'message',
      user: user.id,
      ts,
      text,
      team: world.teamId,
      ...ofBot,
      ...threadOf(message),
      blocks: message.blocks,
    },
    response_url: world.desk.issueResponseUrl({ channelId, userId: by.id }),
  };
}

function threadOf({ threadTs }: StoredMessage): { thread_ts?: string } {
  return threadTs === undefined ? {} : { thread_ts: threadTs };
}

function toViewPayload(world: World, { id, hash, view }: OpenView): Record<string, unknown> {
  return {
    ...{ id, hash, team_id: world.teamId, app_id: world.appId, bot_id: world.botId, root_view_id: id, previous_view_id: null },
    ...{ app_installed_team_id: world.teamId, external_id: '', clear_on_close: false, notify_on_close: false },
    ...view,
  };
}

/** By block and action, as it is filled in. A field takes no more than its `max_length`. */
function stateOf(view: Block, values: Readonly<Record<string, string>>): Record<string, unknown> {
  const blocks: readonly unknown[] = Array.isArray(view['blocks']) ? view['blocks'] : [];
  const inputs = blocks.filter(isRecord).filter(({ type }) => type === 'input');
  return Object.fromEntries(
    inputs.map(({ block_id: blockId, element }) => {
      const field = isRecord(element) ? element : {};
      return [string(blockId), { [string(field['action_id'])]: filledIn(field, values[string(blockId)]) }];
    }),
  );
}

function filledIn(field: Block, value: string | undefined): Record<string, unknown> {
  const { type } = field;
  if (type !== 'static_select') return { type, value: value ?? null };
  const options: readonly unknown[] = Array.isArray(field['options']) ? field['options'] : [];
  const chosen = options.find((option) => isRecord(option) && option['value'] === value);
  if (value !== undefined && !chosen) throw new RangeError(`There is no choice "${value}".`);
  return { type, selected_option: chosen ?? null };
}
