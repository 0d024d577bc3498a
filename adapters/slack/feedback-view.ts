import { parseJudged } from './buttons.ts';
import type { JudgedMessage } from './buttons.ts';
import { isTs } from './conversation.ts';
import { toInteractionId } from './interaction.ts';
import { isRecord } from './receive.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What may be wrong with an answer, by the value of its choice. */
const kinds: Readonly<Record<string, string>> = {
  wrong: 'It is wrong',
  incomplete: 'Something is missing',
  misunderstood: 'It misunderstood the question',
  outdated: 'It is out of date',
  style: 'Its tone or length',
  other: 'Something else',
};

const kindBlock = 'parley.kind';
const wordsBlock = 'parley.words';
const inputId = 'input';
const maxWords = 1_000;

/** Asks why an answer was bad; see https://docs.slack.dev/reference/views/modal-views. */
export function toReasonView(answer: JudgedMessage): Fields {
  const { outboundId, conversationId, channel, ts, threadTs } = answer;
  return {
    type: 'modal',
    callback_id: toInteractionId('feedback'),
    private_metadata: JSON.stringify({ outboundId, conversationId, channel, ts, threadTs }),
    title: plain('What went wrong?'),
    submit: plain('Send'),
    close: plain('Cancel'),
    blocks: [
      {
        ...{ type: 'input', block_id: kindBlock, optional: true, label: plain('What was it?') },
        element: {
          type: 'static_select',
          action_id: inputId,
          placeholder: plain('Choose'),
          options: Object.entries(kinds).map(([value, label]) => ({ value, text: plain(label) })),
        },
      },
      {
        ...{ type: 'input', block_id: wordsBlock, optional: true, label: plain('In your own words') },
        element: { type: 'plain_text_input', action_id: inputId, multiline: true, max_length: maxWords },
        hint: plain('Whoever runs me here can read this.'),
      },
    ],
  };
}

export type SubmittedReason =
  | { readonly errors: Readonly<Record<string, string>> }
  | { readonly place: JudgedMessage | undefined; readonly reason: string | undefined };

/** What was filled in, or what is to be mended, by block. */
export function parseReason(view: Fields): SubmittedReason {
  const kind = valueIn(view, kindBlock);
  const words = valueIn(view, wordsBlock).trim();
  if (words.length > maxWords) return { errors: { [wordsBlock]: `At most ${maxWords} characters, please.` } };
  if (kind === 'other' && words === '') return { errors: { [wordsBlock]: 'Say in a few words what it was.' } };
  const label = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  const reason = [label, words].filter((part) => part !== undefined && part !== '').join(': ');
  return { place: parsePlace(view['private_metadata']), reason: reason === '' ? undefined : reason };
}

/** A choice's value, or a field's text; empty where it was left out. */
function valueIn({ state }: Fields, block: string): string {
  const values = isRecord(state) && isRecord(state['values']) ? state['values'][block] : undefined;
  const input = isRecord(values) ? values[inputId] : undefined;
  if (!isRecord(input)) return '';
  const chosen = isRecord(input['selected_option']) ? input['selected_option']['value'] : input['value'];
  return typeof chosen === 'string' ? chosen : '';
}

function parsePlace(metadata: unknown): JudgedMessage | undefined {
  try {
    const place: unknown = JSON.parse(String(metadata));
    if (!isRecord(place)) return undefined;
    const { outboundId, conversationId, channel, ts, threadTs } = place;
    if (typeof channel !== 'string' || !isTs(ts)) return undefined;
    const judged = parseJudged(`${String(outboundId)} ${String(conversationId)}`, channel);
    return judged && { ...judged, channel, ts, threadTs: isTs(threadTs) ? threadTs : undefined };
  } catch {
    return undefined;
  }
}

function plain(text: string) {
  return { type: 'plain_text', text };
}
