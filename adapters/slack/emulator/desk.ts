import type { Clock } from '../../../src/clock.ts';
import { isRecord, Refusal, string } from './arguments.ts';
import type { Args, Method } from './arguments.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A form that the app shows to one person. */
export interface OpenView {
  readonly id: string;
  readonly hash: string;
  readonly userId: string;
  readonly view: Fields;
}

export interface ResponsePlace {
  readonly channelId: string;
  readonly userId: string;
}

interface Trigger {
  readonly userId: string;
  readonly at: number;
  isUsed: boolean;
}

const triggerLifeMs = 3_000;
export const responsePath = '/response/';
const responseLifeMs = 30 * 60_000;
const maxResponses = 5;

/** Triggers, and the forms that they open. One for each workspace. */
export class Desk {
  readonly views: OpenView[] = [];
  /** Where the platform takes what is sent to a response address. */
  origin = 'https://hooks.slack.test';
  readonly #clock: Pick<Clock, 'now'>;
  readonly #teamId: string;
  readonly #responses = new Map<string, { readonly place: ResponsePlace; readonly at: number; uses: number }>();
  readonly #triggers = new Map<string, Trigger>();
  #count = 0;

  constructor(clock: Pick<Clock, 'now'>, teamId: string) {
    this.#teamId = teamId;
    this.#clock = clock;
  }

  /** Comes with everything that a person presses, chooses or commands. */
  issueTrigger(userId: string): string {
    this.#count += 1;
    const id = `${this.#count}.738474920.8088930838d88f008e0`;
    this.#triggers.set(id, { userId, at: this.#clock.now(), isUsed: false });
    return id;
  }

  /** By https://docs.slack.dev/reference/methods/views.open: within 3 seconds, and once. */
  open(triggerId: string, view: Fields): OpenView {
    const trigger = this.#triggers.get(triggerId);
    if (!trigger) throw new Refusal('invalid_trigger_id');
    if (trigger.isUsed) throw new Refusal('exchanged_trigger_id');
    if (this.#clock.now() - trigger.at > triggerLifeMs) throw new Refusal('expired_trigger_id');
    trigger.isUsed = true;
    this.#count += 1;
    const opened = { id: `V${this.#count}`, hash: `${this.#count}.hash`, userId: trigger.userId, view };
    this.views.push(opened);
    return opened;
  }

  /** Takes messages of https://docs.slack.dev/interactivity/handling-user-interaction#message_responses. */
  issueResponseUrl(place: ResponsePlace): string {
    this.#count += 1;
    const path = `${responsePath}${this.#teamId}/${this.#count}`;
    this.#responses.set(path, { place, at: this.#clock.now(), uses: 0 });
    return new URL(path, this.origin).href;
  }

  /** Undefined where the address is none of this workspace's. Good for 5 messages and 30 minutes. */
  useResponseUrl(path: string): ResponsePlace | 'used_url' | 'expired_url' | undefined {
    const found = this.#responses.get(path);
    if (!found) return undefined;
    if (this.#clock.now() - found.at > responseLifeMs) return 'expired_url';
    if (found.uses >= maxResponses) return 'used_url';
    found.uses += 1;
    return found.place;
  }

  close(id: string): void {
    const index = this.views.findIndex((view) => view.id === id);
    if (index >= 0) this.views.splice(index, 1);
  }
}

export function createViewMethods({ desk }: { readonly desk: Desk }): Record<string, Method> {
  return {
    'views.open': (args: Args) => {
      const view = typeof args['view'] === 'string' ? (JSON.parse(args['view']) as unknown) : args['view'];
      if (!isRecord(view)) throw new Refusal('invalid_arguments');
      checkModal(view);
      const { id, hash } = desk.open(string(args['trigger_id']), view);
      return { view: { id, hash, ...view } };
    },
  };
}

/** The limits of https://docs.slack.dev/reference/views/modal-views. */
function checkModal(view: Fields): void {
  const { type, title, submit, close, callback_id: callbackId, private_metadata: metadata, blocks } = view;
  const short = [title, submit, close].filter((each) => each !== undefined);
  const isShort = short.every((each) => isRecord(each) && each['type'] === 'plain_text' && string(each['text']).length <= 24);
  const isFit =
    type === 'modal' && isRecord(title) && isShort && string(callbackId).length <= 255 && string(metadata).length <= 3_000;
  if (!isFit || !Array.isArray(blocks) || blocks.length > 100) throw new Refusal('invalid_arguments');
  if (blocks.some((block) => isRecord(block) && block['type'] === 'input') && submit === undefined) {
    throw new Refusal('invalid_arguments');
  }
}
