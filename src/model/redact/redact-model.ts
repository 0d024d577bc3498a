import type { Model, ModelEvent, ModelMessage, ModelRequest } from '../model.ts';
import { createPlaceholders, type Placeholders } from './placeholders.ts';
import { createRedactor, type RedactorOptions } from './redactor.ts';
import { createRestoring, redactArguments, restoreArguments } from './restore.ts';

export interface RedactOptions extends RedactorOptions {
  /** Whether images are sent as they are. */
  readonly images: boolean;
}

/** The same from request to request, so that providers can cache what begins with it. */
const note =
  '\n\nSome data is withheld from you: a name in brackets with a number, as in [EMAIL_1], stands for a value that the people here and the tools do see. ' +
  'Write it exactly so where you mean the value, in answers and in calls of tools. Never guess what is behind it, and never make one up.';

const imageLeftOut = '(An image was left out: images are not sent to you.)';

/**
 * The model, which never gets to see what the options name: texts, results of tools and arguments of earlier calls have placeholders in its place. What
 * comes back has the values again: the answer as it is streamed, and the arguments of calls. The system text is the operator's own, and stays.
 */
export function redactModel(model: Model, options: RedactOptions): Model {
  const find = createRedactor(options);
  return {
    ...model,
    check: (signal) => model.check(signal),
    async *generate(request, signal): AsyncGenerator<ModelEvent> {
      const placeholders = createPlaceholders(find, textsOf(request));
      const redacted = redactRequest(request, placeholders, options);
      const restoring = createRestoring(placeholders);
      for await (const event of model.generate(redacted, signal)) {
        const text = event.type === 'text' ? restoring.push(event.text) : restoring.end();
        if (text !== '') yield { type: 'text', text };
        if (event.type === 'call') yield { type: 'call', call: restoreCall(event.call, placeholders) };
        else if (event.type !== 'text') yield event;
      }
    },
  };
}

/** Texts without what the options name, for who gives nothing back. */
export function createTextRedactor(options: RedactorOptions): (texts: readonly string[]) => readonly string[] {
  const find = createRedactor(options);
  return (texts) => {
    const placeholders = createPlaceholders(find, texts);
    return texts.map((text) => placeholders.redact(text));
  };
}

function* textsOf({ system, messages }: ModelRequest): Generator<string> {
  yield system;
  for (const { text, calls = [] } of messages) {
    yield text;
    for (const call of calls) yield call.arguments;
  }
}

function redactRequest(request: ModelRequest, placeholders: Placeholders, options: RedactOptions): ModelRequest {
  const { images, kinds, patterns } = options;
  const isTold = kinds.length + Object.keys(patterns).length > 0;
  const messages = request.messages.map((message): ModelMessage => {
    const { calls, images: shown = [], ...rest } = message;
    const text = placeholders.redact(message.text);
    const isBlind = !images && shown.length > 0;
    return {
      ...rest,
      text: isBlind ? `${text}\n${imageLeftOut}`.trim() : text,
      ...(calls ? { calls: calls.map((call) => ({ ...call, arguments: redactArguments(call.arguments, placeholders) })) } : {}),
      ...(shown.length > 0 && images ? { images: shown } : {}),
    };
  });
  return { ...request, system: isTold ? request.system + note : request.system, messages };
}

type Call = Extract<ModelEvent, { type: 'call' }>['call'];

function restoreCall(call: Call, placeholders: Placeholders): Call {
  return { ...call, arguments: restoreArguments(call.arguments, placeholders) };
}
