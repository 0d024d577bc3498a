import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Adapter, AdapterContext, EventStatus, StreamOpening } from '../../src/adapter.ts';
import { parseConversationId, toConversationId } from '../../src/conversation-id.ts';
import { describeError } from '../../src/errors.ts';
import type { InboundMessage } from '../../src/message.ts';
import { Questions } from './questions.ts';
import { createScreen } from './screen.ts';
import type { Screen } from './screen.ts';

export interface TerminalOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Names the conversation: the same name goes on with what was said under it before. */
  readonly name: string;
  /** Whether somebody types: then there is a prompt, and the next line may come before the answer to the last one. */
  readonly interactive: boolean;
}

export interface TerminalAdapter extends Adapter {
  /** Resolves when the person has left or, where nobody types, when the last line of the input is answered. Also at a stop. */
  readonly finished: Promise<void>;
}

/** `parley chat`: each line is a message, each answer is printed as it grows. `/quit` or the end of the input leaves. */
export function createTerminalAdapter(options: TerminalOptions): TerminalAdapter {
  const { output, interactive } = options;
  const finished = Promise.withResolvers<void>();
  const leave = () => finished.resolve();
  let session: Session | undefined;

  function running(): Session {
    if (session) return session;
    throw new TypeError('The terminal adapter is not running.');
  }

  return {
    name: 'terminal',
    finished: finished.promise,
    start: (context) => {
      const line = openLine(options);
      const screen = createScreen({ output, line: interactive ? line : undefined });
      session = { context, line, screen, options, questions: createQuestions(context, screen) };
      // Whoever read the answers has gone, as in `parley chat | head`.
      output.on('error', leave);
      readLines(session).then(leave, (error: unknown) => {
        context.log.error('terminal input failed', { error: describeError(error) });
        leave();
      });
      return Promise.resolve();
    },
    stop: () => {
      session?.line.close();
      session?.questions.stop();
      output.off('error', leave);
      leave();
      return Promise.resolve();
    },
    send: async (message) => {
      const { screen, questions } = running();
      if (questions.isNew(message.id)) {
        introduceLate(running(), message);
        screen.complete(message.id, message.text);
        if (message.part === message.parts - 1) questions.settle(message.inReplyTo);
        if (interactive) screen.notice('');
        screen.prompt();
      }
      return { id: message.id };
    },
    stream: (opening) => {
      const { id } = opening;
      const { screen } = running();
      introduceLate(running(), opening);
      screen.begin(id);
      return {
        append: (text) => screen.append(id, text),
        opened: Promise.resolve(undefined),
        close: () => Promise.resolve(),
      };
    },
  };
}

interface Session {
  readonly context: AdapterContext;
  readonly line: Interface;
  readonly screen: Screen;
  readonly options: TerminalOptions;
  readonly questions: Questions;
}

/** What was asked of a run that ended before the answer came is answered now, and must not look like the answer to something else. */
function introduceLate(
  { questions, screen, options }: Session,
  { inReplyTo, conversationId }: Pick<StreamOpening, 'inReplyTo' | 'conversationId'>,
): void {
  if (!questions.isLate(inReplyTo)) return;
  const [name = ''] = parseConversationId(conversationId)?.path ?? [];
  const where = name === options.name ? '' : `, in the conversation ${name}`;
  screen.notice(`(To what was asked before${where}:)`);
}

function openLine({ input, output, interactive }: TerminalOptions): Interface {
  const line = createInterface(interactive ? { input, output, prompt: '> ' } : { input, crlfDelay: Infinity });
  // In raw mode Ctrl-C is a key like any other.
  line.on('SIGINT', () => line.close());
  return line;
}

function createQuestions(context: AdapterContext, screen: Screen): Questions {
  return new Questions(context, (status) => {
    screen.notice(`(${describeVerdict(status)})`);
    screen.prompt();
  });
}

async function readLines(session: Session): Promise<void> {
  const { context, line, screen, options, questions } = session;
  const nextId = createEventIds(context);
  // Later than what the caller prints once everything has started.
  const cancelPrompt = context.clock.after(0, () => screen.prompt());
  for await (const typed of line) {
    const text = typed.trim().toWellFormed();
    if (text === '/quit' || text === '/exit') break;
    if (text !== '') {
      const message = toMessage({ text, eventId: nextId(), name: options.name, sentAt: context.clock.now() });
      const answered = questions.ask(message.eventId);
      try {
        await context.accept([message]);
        if (!options.interactive) await answered;
      } catch (error) {
        questions.settle(message.eventId);
        screen.notice(`(That could not be saved, so it gets no answer: ${describeError(error)})`);
      }
    }
    if (options.interactive) screen.prompt();
  }
  cancelPrompt();
  line.close();
}

function toMessage({
  text,
  eventId,
  name,
  sentAt,
}: {
  text: string;
  eventId: string;
  name: string;
  sentAt: number;
}): InboundMessage {
  return {
    type: 'message',
    adapter: 'terminal',
    tenant: 'local',
    eventId,
    messageId: eventId,
    conversationId: toConversationId({ adapter: 'terminal', tenant: 'local', path: [name] }),
    sentAt,
    author: { id: 'you', name: 'you', isBot: false },
    text,
    attachments: [],
    addressed: true,
    isDirect: true,
    destination: {},
  };
}

/** Never the same in two runs: each line is a new event. */
function createEventIds({ clock }: Pick<AdapterContext, 'clock'>): () => string {
  const run = `${clock.now().toString(36)}-${Math.floor(clock.random() * 36 ** 6).toString(36)}`;
  let count = 0;
  return () => {
    count += 1;
    return `${run}-${count}`;
  };
}

function describeVerdict({ state, reason }: EventStatus): string {
  return `no answer: ${reason ?? state}`;
}
