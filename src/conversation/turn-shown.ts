import type { Adapter } from '../adapter.ts';
import type { Clock } from '../clock.ts';
import { endHere } from '../split.ts';
import type { ApprovalRequest } from '../store/approval-store.ts';
import type { ClaimedTurn, TurnOutcome } from '../store/store.ts';
import { toOutsideText, toRequestNote, toRequestTexts, type Asks } from './approval-request.ts';
import type { TurnAddress } from './turn-address.ts';
import type { TurnResult } from './turn-outcome.ts';
import type { ToolsForTurn } from './turn-tools.ts';

export interface ShownOptions {
  readonly clock: Clock;
  readonly countTokens: (text: string) => number;
  readonly toolsFor?: ToolsForTurn | undefined;
}

export interface ToShow {
  readonly address: TurnAddress;
  /** Undefined where it is off. */
  readonly adapter: Adapter | undefined;
  readonly result: TurnResult;
  /** What the platform shows of the answer already. */
  readonly stream: ClaimedTurn['stream'];
}

export interface Shown {
  /** Of the messages that go out, in order. */
  readonly texts: readonly string[];
  /** What the transcript keeps. */
  readonly said: TurnOutcome['answer'];
  readonly approval?: ApprovalRequest;
}

/** What a turn shows: its answer, and where a person is to approve of a call, the request below it, in a message that nothing of the model is in. */
export function toShown(options: ShownOptions, completion: ToShow): Shown {
  const { text, answerTokens, asks } = completion.result;
  if (!asks || !options.toolsFor) {
    return { texts: split(completion), said: answerTokens === undefined ? undefined : { text, tokens: answerTokens } };
  }
  const said = [text.trim(), toRequestNote(asks)].filter((each) => each !== '').join('\n\n');
  const expiresAt = options.clock.now() + options.toolsFor.approvalMs;
  const { adapter, address } = completion;
  const hasButtons = options.toolsFor.hasApprovers(address.adapter) && (adapter?.asks?.(address.destination) ?? false);
  const texts = toTexts(completion, asks, { expiresAt, hasButtons });
  const { call, asker } = asks;
  const { id, tool, arguments: given, untrusted } = call;
  const part = hasButtons ? texts.length - 1 : undefined;
  const approval = { id, tool: tool.name, title: tool.title, arguments: given, asker, untrusted, expiresAt, part };
  return { texts, said: { text: said, tokens: options.countTokens(said) }, approval };
}

interface Asking {
  readonly expiresAt: number;
  readonly hasButtons: boolean;
}

function toTexts(completion: ToShow, { call, fromOutside }: Asks, asking: Asking): readonly string[] {
  const { result, adapter, address } = completion;
  const answer = result.text.trim() === '' ? [] : split(completion);
  // A ticket gets one reply, and outsiders neither tools nor arguments.
  if (fromOutside && !asking.hasButtons) return split(completion, endHere(result.text, toOutsideText()));
  const request = toRequestTexts({ call, ...asking }, (text) => adapter?.split?.(text, undefined, address.destination) ?? [text]);
  if (adapter?.split || asking.hasButtons) return [...answer, ...request];
  return split(completion, [result.text.trim(), ...request].filter((each) => each !== '').join('\n\n'));
}

/** An answer is never nothing: what an adapter finds nothing to show of goes out as it is. */
function split({ adapter, result, stream, address }: ToShow, text = result.text): readonly string[] {
  const parts = adapter?.split?.(text, stream === 'unknown' ? undefined : stream, address.destination) ?? [];
  return parts.length > 0 ? parts : [text];
}
