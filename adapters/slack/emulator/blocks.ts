import { isRecord, Refusal, string } from './arguments.ts';

/** Block Kit as https://docs.slack.dev/reference/block-kit gives it, as far as apps under test use it in messages. */
export type Block = Readonly<Record<string, unknown>>;

export interface ReadBlocks {
  /** What the blocks say. */
  readonly text: string;
  /** Those that hold something to press. */
  readonly interactive: readonly Block[];
}

const maxBlocks = 50;
/** Of one `markdown` block; across all blocks a message fails from about 13,200. */
const maxMarkdown = 12_000;
const maxTotal = 13_200;
const maxElements: Readonly<Record<string, number>> = { actions: 25, context_actions: 5 };
const elementsIn: Readonly<Record<string, readonly string[]>> = {
  actions: ['button', 'static_select', 'overflow'],
  context_actions: ['feedback_buttons', 'icon_button'],
};

/** Undefined where there are none. */
export function readBlocks(value: unknown): ReadBlocks | undefined {
  if (value === undefined) return undefined;
  const blocks: unknown = typeof value === 'string' ? parse(value) : value;
  if (!Array.isArray(blocks) || blocks.length > maxBlocks) throw new Refusal('invalid_blocks');
  const texts: string[] = [];
  const interactive: Block[] = [];
  for (const [index, block] of blocks.entries()) {
    if (!isRecord(block)) throw new Refusal('invalid_blocks');
    if (block['type'] === 'markdown') texts.push(markdownOf(block));
    else if (block['type'] === 'section') texts.push(sectionOf(block));
    else interactive.push({ block_id: `b${index}`, ...checkInteractive(block) });
  }
  const text = texts.join('\n');
  if (text.length > maxTotal) throw new Refusal('msg_blocks_too_long');
  return { text, interactive };
}

/** What can be pressed, with the block that it is in. */
export function elementsOf(blocks: readonly Block[]): { readonly block: Block; readonly element: Block }[] {
  return blocks.flatMap((block) => {
    const elements: readonly unknown[] = Array.isArray(block['elements']) ? block['elements'] : [];
    return elements.filter(isRecord).map((element) => ({ block, element }));
  });
}

function markdownOf({ text }: Block): string {
  if (typeof text !== 'string' || text === '' || text.length > maxMarkdown) throw new Refusal('invalid_blocks');
  return text;
}

function sectionOf({ text }: Block): string {
  const content = isRecord(text) ? string(text['text']) : '';
  if (content === '' || content.length > 3_000) throw new Refusal('invalid_blocks');
  return content;
}

function checkInteractive(block: Block): Block {
  const type = string(block['type']);
  const { elements } = block;
  const most = maxElements[type];
  if (type === 'divider' || type === 'context') return block;
  if (most === undefined || !Array.isArray(elements) || elements.length === 0 || elements.length > most) {
    throw new Refusal('invalid_blocks');
  }
  const ids = new Set<string>();
  for (const element of elements) {
    if (!isRecord(element) || !elementsIn[type]?.includes(string(element['type']))) throw new Refusal('invalid_blocks');
    const id = string(element['action_id']);
    if (id === '' || id.length > 255 || ids.has(id)) throw new Refusal('invalid_blocks');
    ids.add(id);
    const buttons = element['type'] === 'feedback_buttons' ? [element['positive_button'], element['negative_button']] : [element];
    if (!buttons.every(isButton)) throw new Refusal('invalid_blocks');
  }
  return block;
}

function isButton(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value['text'])) return false;
  const { text, value: sent, accessibility_label: label } = value;
  const isPlain = text['type'] === 'plain_text' && string(text['text']) !== '' && string(text['text']).length <= 75;
  return isPlain && string(sent).length <= 2_000 && string(label).length <= 75;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Refusal('invalid_blocks_format');
  }
}
