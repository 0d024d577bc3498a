import { toConversationId } from '../../src/conversation-id.ts';
import type { InboundEvent, InboundMessage } from '../../src/message.ts';
import type { Faults } from './faults.ts';
import type { Figures } from './figures.ts';
import type { Journal } from './journal.ts';
import type { Platform } from './platform.ts';
import { createMinds } from './minds.ts';
import { createPresses } from './presses.ts';
import type { Schedule } from './schedule.ts';

export interface Conversation {
  readonly name: string;
  readonly adapter: string;
  readonly id: string;
}

/** What somebody asked; `id` stands in its text, so that whoever answers can say what was answered. */
export interface Question {
  readonly id: string;
  readonly conversation: Conversation;
  readonly event: InboundMessage;
  readonly isCommand: boolean;
  /** Whoever asks the model about it dies. */
  readonly isPoison: boolean;
  /** The bot has confirmed that it has it. */
  isAcknowledged: boolean;
  /** As it reads now. */
  wording: string;
  /** How often it has been edited. */
  edits: number;
  /** Its author has taken it away. */
  isDeleted: boolean;
}

export interface People {
  readonly conversations: readonly Conversation[];
  readonly questions: readonly Question[];
  /** When the last question is asked, in ms since 1970. */
  readonly lastAt: number;
  /** Everything was said, and the bot has confirmed all of it. */
  areDone(): boolean;
}

export interface PeopleOptions {
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly figures: Figures;
  /** Whether people change their minds about what was answered. */
  readonly revising: boolean;
  /** Whether they press Stop. */
  readonly stopping: boolean;
  readonly platforms: ReadonlyMap<string, Platform>;
  /** Hands an event to one of the bot's processes; `acknowledge` is its answer. */
  readonly knock: (event: InboundEvent, acknowledge: () => void) => void;
}

const tenant = 'T1';
const messagesEach = 6;
const poisonWord = 'in words that nobody survives';

export function isPoisonous(text: string): boolean {
  return text.includes(poisonWord);
}

/** Who talks to the bot, and the platforms that pass it on: again and again until it is acknowledged, sometimes twice, in any order. */
export function createPeople(options: PeopleOptions): People {
  const { schedule, faults, figures } = options;
  const conversations = ['slack', 'discord', 'webhook', faults.pick(['slack', 'discord', 'slack', 'webhook'])].map(
    (adapter, index): Conversation => {
      const name = `c${index}`;
      return { name, adapter, id: toConversationId({ adapter, tenant, path: [name] }) };
    },
  );
  const questions: Question[] = [];
  const poison = faults.temper.poison ? `${faults.pick(conversations).name}.${faults.between(0, 2)}` : undefined;
  let open = 0;
  let lastAt = 0;

  const deliver = createDelivery(options, {
    begin: () => {
      open += 1;
    },
    end: () => {
      open -= 1;
    },
  });

  function ask(question: Question): void {
    options.journal.note(question.conversation.name, 'ASKS', question.event.text);
    const { event } = question;
    // Slack sends two events of one mention, and one of them does not say that it is one.
    if (event.adapter === 'slack' && faults.chance(0.3)) deliver({ ...event, addressed: false }, () => undefined);
    deliver(event, () => {
      question.isAcknowledged = true;
      changeMind(question);
      if (options.stopping) press(event);
    });
  }

  function later(ms: number, act: () => InboundEvent | undefined): void {
    open += 1;
    schedule.at(ms, () => {
      open -= 1;
      const event = act();
      if (event) deliver(event, () => undefined);
    });
  }

  const means = { schedule, faults, platforms: options.platforms, later };
  const minds = options.revising ? createMinds(means) : undefined;
  const press = createPresses(means);

  function changeMind(question: Question): void {
    if (minds) return minds(question);
    if (question.isCommand || !faults.chance(0.15)) return;
    const { adapter, eventId, conversationId, messageId } = question.event;
    const common = { adapter, tenant, conversationId, messageId, sentAt: schedule.now() };
    const isDelete = faults.chance(0.4);
    open += 1;
    schedule.at(faults.between(0, 20_000), () => {
      open -= 1;
      if (isDelete) {
        question.isDeleted = true;
        deliver({ ...common, type: 'delete', eventId: `${eventId}-delete` }, () => undefined);
      } else {
        const text = `[${question.id}] in other words`;
        question.wording = text;
        deliver({ ...common, type: 'edit', eventId: `${eventId}-edit`, text }, () => undefined);
      }
    });
  }

  for (const conversation of conversations) {
    let at = faults.between(0, 5_000);
    for (let index = 0; index < messagesEach; index += 1) {
      const question = createQuestion(conversation, index, { faults, poison, sentAt: schedule.now() + at });
      questions.push(question);
      figures.messages += 1;
      open += 1;
      lastAt = Math.max(lastAt, schedule.now() + at);
      schedule.at(at, () => {
        open -= 1;
        ask(question);
      });
      at += faults.pick([faults.between(0, 300), faults.between(300, 5_000), faults.between(5_000, 25_000)]);
    }
  }
  return { conversations, questions, lastAt, areDone: () => open === 0 };
}

function createQuestion(
  conversation: Conversation,
  index: number,
  { faults, poison, sentAt }: { readonly faults: Faults; readonly poison: string | undefined; readonly sentAt: number },
): Question {
  const id = `${conversation.name}.${index}`;
  const isPoison = id === poison;
  const isCommand = faults.chance(0.04) && !isPoison;
  const name = faults.pick(['ann', 'ben']);
  const isFollowUp = conversation.adapter === 'slack' && index > 0;
  const event: InboundMessage = {
    type: 'message',
    adapter: conversation.adapter,
    tenant,
    eventId: `E-${id}`,
    conversationId: conversation.id,
    sentAt,
    messageId: `M-${id}`,
    author: { id: name, name, isBot: false },
    text: isCommand ? faults.pick(['/reset', '/help']) : `[${id}] ${isPoison ? poisonWord : 'in some words'}`,
    attachments: [],
    // In a thread that the bot takes part in nobody needs to mention it; a thread hangs under its first message.
    addressed: !isFollowUp || index % 2 === 0,
    ...(isFollowUp ? { replyTo: `M-${conversation.name}.0` } : {}),
    isDirect: false,
    destination: { place: conversation.name },
  };
  return { id, conversation, event, isCommand, isPoison, isAcknowledged: false, wording: event.text, edits: 0, isDeleted: false };
}

interface Bookkeeping {
  readonly begin: () => void;
  readonly end: () => void;
}

/** Delivers an event until it is acknowledged; then, perhaps, once more. */
function createDelivery({ schedule, faults, figures, journal, knock }: PeopleOptions, { begin, end }: Bookkeeping) {
  const latency = (): number =>
    faults.strikes(0.1 * faults.temper.delivery) ? faults.between(500, 9_000) : faults.between(5, 200);

  return function deliver(event: InboundEvent, onAcknowledged: () => void): void {
    let isAcknowledged = false;
    begin();

    function acknowledge(): void {
      if (faults.strikes(0.05 * faults.temper.delivery)) return journal.note(event.eventId, 'ack lost');
      schedule.at(latency(), () => {
        if (isAcknowledged) return;
        isAcknowledged = true;
        onAcknowledged();
        end();
        if (faults.strikes(0.12 * faults.temper.delivery)) again(faults.between(1_000, 30_000));
      });
      return undefined;
    }

    function again(ms: number): void {
      begin();
      schedule.at(ms, () => {
        figures.redeliveries += 1;
        knock(event, () => undefined);
        end();
      });
    }

    function attempt(): void {
      if (!faults.strikes(0.04 * faults.temper.delivery)) schedule.at(latency(), () => knock(event, acknowledge));
      schedule.at(faults.between(3_000, 10_000), () => {
        if (isAcknowledged) return;
        figures.redeliveries += 1;
        attempt();
      });
    }

    attempt();
  };
}
