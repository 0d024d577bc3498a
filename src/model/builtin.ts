import type { Place } from '../place-rule.ts';
import type { Model } from './model.ts';
import { type Citation, type Conversation, readConversation } from './builtin/conversation.ts';
import { quoteFiles } from './builtin/files.ts';
import { type Phrases, phrasesFor } from './builtin/phrases.ts';
import { toQuotation } from './builtin/quotation.ts';
import { type Understood, understand } from './builtin/small-talk.ts';

export interface BuiltinQuery {
  readonly question: string;
  /** What the question may refer back to, newest first. */
  readonly context: readonly string[];
  /** What has been quoted already, newest first. */
  readonly quoted: readonly Citation[];
  /** Where it is asked: not all may be seen everywhere. */
  readonly place?: Place | undefined;
}

export interface BuiltinPassage extends Citation {
  /** The part of a document that answers. Untrusted: it is quoted, never obeyed. */
  readonly excerpt: string;
  readonly score: number;
}

export interface BuiltinModelOptions {
  /** Passages that answer the question, best first; none where nothing does. */
  readonly search: (query: BuiltinQuery, signal: AbortSignal) => Promise<readonly BuiltinPassage[]>;
  /** What the documents are about that may be seen there. */
  readonly topics?: ((place?: Place) => Promise<readonly string[]>) | undefined;
  /** As a code like `de`; undefined where the text does not tell. */
  readonly detectLanguage?: ((text: string) => string | undefined) | undefined;
  readonly name?: string | undefined;
}

/** So many questions of one turn are answered one by one. */
const maxQuestions = 20;
const maxQuotations = 4;
const maxTopics = 12;
const maxRelated = 2;
/** Between the parts of a heading's path. */
const headingSeparator = ' › ';

/** A passage that is this good beside the best one is worth a mention. */
const relatedScore = 0.5;

/**
 * Answers without any AI: it looks the question up in documents and quotes what it finds, with the source. It works with no key, no
 * network and no download, gives the same answer to the same conversation, and says what it is.
 */
export function createBuiltinModel(options: BuiltinModelOptions): Model {
  const { name = 'builtin', topics } = options;
  return {
    name,
    async *generate(request, signal) {
      signal.throwIfAborted();
      const conversation = readConversation(request.messages);
      const unanswered = conversation.unanswered.slice(-maxQuestions).map(understand);
      const asks = unanswered.some(({ question }) => question !== '');
      if (asks) yield { type: 'step', step: { ...searching, state: 'running' } };
      const { answer, found } = await composeAnswer({ conversation, unanswered, place: request.place }, options, signal);
      if (asks)
        yield { type: 'step', step: { ...searching, state: 'done', outcome: found ? 'Found something' : 'Nothing found' } };
      for (const text of toPieces(answer)) {
        signal.throwIfAborted();
        yield { type: 'text', text };
      }
      signal.throwIfAborted();
      yield { type: 'done', finishReason: 'stop', usage: { inputTokens: 0, outputTokens: 0, estimated: true } };
    },
    check: async () => `The built-in model is no AI: it quotes from ${(await topics?.())?.length ?? 'the'} documents.`,
  };
}

const searching = { id: 'knowledge', title: 'Searching the knowledge base' } as const;

interface Asked {
  readonly conversation: Conversation;
  readonly unanswered: readonly Understood[];
  readonly place: Place | undefined;
}

interface Composed {
  readonly answer: string;
  readonly found: boolean;
}

async function composeAnswer(
  { conversation, unanswered, place }: Asked,
  options: BuiltinModelOptions,
  signal: AbortSignal,
): Promise<Composed> {
  const questions = unanswered.map(({ question }) => question).filter((question) => question !== '');
  const words = phrasesFor(languageOf(unanswered, conversation, options));
  const topics = async () => (options.topics ? topicsLine(await options.topics(place), words) : '');
  const aside = unanswered.findLast(({ smallTalk }) => smallTalk !== undefined)?.smallTalk;
  if (questions.length === 0) {
    if (aside === 'thanks') return { answer: words.thanks, found: false };
    const greeting = aside === 'identity' ? '' : words.greeting;
    const introduction = conversation.isFirst || aside === 'identity' ? words.introduction : '';
    return { answer: paragraphs(greeting, introduction, await topics()), found: false };
  }
  const ofFile = quoteFiles(questions.join('\n'), conversation.files);
  if (ofFile) {
    const closing = conversation.isFirst ? words.introduction : words.note;
    return { answer: paragraphs(toQuotation(ofFile), closing), found: true };
  }
  const closing = conversation.isFirst || aside === 'identity' ? words.introduction : words.note;
  const { quoted, related } = await findPassages(questions, conversation, (query) =>
    options.search(place ? { ...query, place } : query, signal),
  );
  const earlierFile = quoted.length === 0 ? quoteFiles(questions.join('\n'), conversation.earlierFiles) : undefined;
  if (earlierFile) return { answer: paragraphs(toQuotation(earlierFile), closing), found: true };
  if (quoted.length === 0) return { answer: paragraphs(words.nothing, await topics(), closing), found: false };
  const seeAlso = related.length > 0 ? `${words.seeAlso} ${related.join(' · ')}` : '';
  return { answer: paragraphs(...quoted.map(toQuotation), seeAlso, closing), found: true };
}

interface Found {
  readonly quoted: readonly BuiltinPassage[];
  /** Headings of other passages worth a look. */
  readonly related: readonly string[];
}

type Search = (query: Omit<BuiltinQuery, 'place'>) => Promise<readonly BuiltinPassage[]>;

/** Looks the questions up one after the other, each in the light of those before it. */
async function findPassages(questions: readonly string[], { asked, cited }: Conversation, search: Search): Promise<Found> {
  const quoted = new Map<string, BuiltinPassage>();
  const others: BuiltinPassage[] = [];
  let context = withSubject(asked, cited[0]);
  for (const question of questions) {
    const [best, ...rest] = await search({ question, context, quoted: [...[...quoted.values()].toReversed(), ...cited] });
    if (best && quoted.size < maxQuotations) quoted.set(keyOf(best), best);
    if (best) others.push(...rest.filter(({ score }) => score >= best.score * relatedScore));
    context = withSubject([question, ...context], best);
  }
  const shown = [...quoted.values()];
  const related = new Set(
    others.filter((passage) => !quoted.has(keyOf(passage))).map(({ heading }) => withoutTitle(heading, shown)),
  );
  return { quoted: shown, related: [...related].slice(0, maxRelated) };
}

/** A heading in a document that is quoted needs no title before it. */
function withoutTitle(heading: string, shown: readonly Citation[]): string {
  const [title, ...rest] = heading.split(headingSeparator);
  const isKnown = rest.length > 0 && shown.some((citation) => citation.heading.split(headingSeparator)[0] === title);
  return isKnown ? rest.join(headingSeparator) : heading;
}

/** What an answer was about tells more about the next "it" than the words of its question do: the two go together. */
function withSubject([newest = '', ...older]: readonly string[], citation: Citation | undefined): readonly string[] {
  return [citation ? `${newest} ${citation.heading}` : newest, ...older];
}

function keyOf({ source, heading }: Citation): string {
  return `${source}\n${heading}`;
}

/** That of the newest message that tells one. */
function languageOf(
  unanswered: readonly Understood[],
  { asked }: Conversation,
  { detectLanguage }: BuiltinModelOptions,
): string | undefined {
  for (const { language, question } of unanswered.toReversed()) {
    const found = language ?? detectLanguage?.(question);
    if (found !== undefined) return found;
  }
  for (const question of asked) {
    const found = detectLanguage?.(question);
    if (found !== undefined) return found;
  }
  return undefined;
}

function topicsLine(topics: readonly string[], words: Phrases): string {
  if (topics.length === 0) return words.noDocuments;
  return `${words.topics} ${topics.slice(0, maxTopics).join(' · ')}`;
}

function paragraphs(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** A few words at a time, as a model streams them. */
function toPieces(text: string): readonly string[] {
  return text.match(/\s*(?:\S+\s*){1,4}/gu) ?? [];
}
