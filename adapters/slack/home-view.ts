import type { Overview, Usage } from '../../src/usage.ts';

/** What stands on the Home tab beside the figures. */
export interface HomeContent {
  readonly botName: string;
  /** Id of the bot's user, to show how it is mentioned; empty while it is not known. */
  readonly botUserId: string;
  /** A slash command that asks, as in `/parley`; undefined where there is none. */
  readonly command: string | undefined;
  readonly connection: 'HTTP' | 'Socket Mode';
  readonly links: readonly HomeLink[];
  /** What the person can press, beside reading. */
  readonly buttons: readonly HomeButton[];
  /** ms since 1970. */
  readonly now: number;
}

export interface HomeLink {
  readonly title: string;
  readonly url: string;
}

export interface HomeButton {
  readonly actionId: string;
  readonly label: string;
}

/** By https://docs.slack.dev/reference/block-kit/blocks: with room for what escaping adds. */
const maxHeader = 150;
const maxLine = 300;
const maxTitle = 75;
const maxLinks = 10;

/** The view of https://docs.slack.dev/reference/views/home-tab-views. Pure. */
export function toHomeView(overview: Overview, content: HomeContent): Readonly<Record<string, unknown>> {
  const { botName, links, buttons, now } = content;
  return {
    type: 'home',
    blocks: [
      header(botName),
      section(howToAsk(content)),
      header('How it stands'),
      section(standing(overview, content)),
      header('What you have asked'),
      fields([`*This month*\n${describe(overview.month)}`, `*In total*\n${describe(overview.total)}`]),
      ...(links.length > 0 ? [header('Read more'), ...links.slice(0, maxLinks).map((link) => section(toLink(link)))] : []),
      ...(buttons.length > 0 ? [{ type: 'actions', elements: buttons.map(toButton) }] : []),
      { type: 'context', elements: [{ type: 'mrkdwn', text: `As of ${when(now, '{date_short_pretty} {time}')}` }] },
    ],
  };
}

function howToAsk({ botUserId, command }: HomeContent): string {
  const mention = botUserId === '' ? 'Mention me' : `Mention me (<@${botUserId}>)`;
  return [
    'I answer questions. Ask me:',
    '• here, on the tab *Messages*',
    `• in any channel that I am in. ${mention}, and the answer comes into the thread`,
    ...(command === undefined ? [] : [`• by \`${plainCode(command)} your question\`, wherever you are`]),
  ].join('\n');
}

function standing({ model, waiting, oldestWaitingAt }: Overview, { connection }: HomeContent): string {
  return [
    `• Slack: connected, by ${connection}`,
    `• Model \`${plainCode(model.name) || 'unnamed'}\`: ${answering(model.newest)}`,
    `• ${waitingWords(waiting, oldestWaitingAt)}`,
  ].join('\n');
}

function answering(newest: Overview['model']['newest']): string {
  if (!newest) return 'nobody has asked it anything yet';
  const ago = when(newest.at, '{ago}');
  return newest.failed ? `*the newest question could not be answered* (${ago})` : `answering, the last time ${ago}`;
}

function waitingWords(waiting: number, oldestWaitingAt: number | undefined): string {
  if (waiting === 0) return 'Nothing waits for an answer';
  const since = oldestWaitingAt === undefined ? '' : `, the oldest since ${when(oldestWaitingAt, '{ago}')}`;
  return `${waiting === 1 ? 'One message waits' : `${figure(waiting)} messages wait`} for an answer${since}`;
}

function describe({ questions, answers, failures, inputTokens, outputTokens }: Usage): string {
  if (questions + answers + failures + inputTokens + outputTokens === 0) return 'Nothing yet';
  return [
    `${count(questions, 'question')}, ${count(answers, 'answer')}${failures > 0 ? `, ${figure(failures)} failed` : ''}`,
    `${figure(inputTokens)} tokens read, ${figure(outputTokens)} written`,
  ].join('\n');
}

function count(amount: number, what: string): string {
  return `${figure(amount)} ${what}${amount === 1 ? '' : 's'}`;
}

function figure(amount: number): string {
  return amount.toLocaleString('en-US');
}

/** In the reader's own time; see https://docs.slack.dev/messaging/formatting-message-text#date-formatting. */
function when(ms: number, format: string): string {
  return `<!date^${Math.floor(ms / 1_000)}^${format}|${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC>`;
}

function toLink({ title, url }: HomeLink): string {
  return `<${escape(url).replaceAll('|', '%7C')}|${escape(cut(title, maxTitle)).replaceAll('|', '¦')}>`;
}

function toButton({ actionId, label }: HomeButton) {
  return { type: 'button', action_id: actionId, text: plain(label) };
}

function header(text: string) {
  return { type: 'header', text: plain(cut(text, maxHeader)) };
}

function section(text: string) {
  return { type: 'section', text: { type: 'mrkdwn', text } };
}

function fields(texts: readonly string[]) {
  return { type: 'section', fields: texts.map((text) => ({ type: 'mrkdwn', text })) };
}

function plain(text: string) {
  return { type: 'plain_text', text, emoji: false };
}

/** As it may stand between backticks. */
function plainCode(text: string): string {
  return escape(
    cut(text, maxLine)
      .replaceAll(/[`\s]+/g, ' ')
      .trim(),
  );
}

/** By https://docs.slack.dev/messaging/formatting-message-text#escaping: nothing else in it can become a mention or a link. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}
