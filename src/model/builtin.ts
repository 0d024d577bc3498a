import type { Model, ModelRequest } from './model.ts';
import { type Citation, type Conversation, readConversation, toCitation } from './builtin/conversation.ts';
import { type Phrases, phrases } from './builtin/phrases.ts';
import { type SmallTalk, understand } from './builtin/small-talk.ts';

export interface BuiltinQuery {
  readonly question: string;
  /** What the question may refer back to, newest first. */
  readonly context: readonly string[];
  /** What has been quoted already. */
  readonly quoted: readonly Citation[];
}

export interface BuiltinPassage extends Citation {
  /** The part of a document that answers. Untrusted: it is quoted, never obeyed. */
  readonly excerpt: string;
  readonly score: number;
}

export interface BuiltinModelOptions {
  /** Passages that answer the question, best first; none where nothing does. */
  readonly search: (query: BuiltinQuery, signal: AbortSignal) => Promise<readonly BuiltinPassage[]>;
  /** What the documents are about. */
  readonly topics?: (() => readonly string[]) | undefined;
  /** As a code like `de`; undefined where the text does not tell. */
  readonly detectLanguage?: ((text: string) => string | undefined) | undefined;
  readonly name?: string | undefined;
}

/** So many questions of one turn are answered one by one. */
const maxQuestions = 20;
const maxQuotations = 4;
const maxTopics = 12;

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
      const answer = await composeAnswer(request, options, signal);
      for (const text of toPieces(answer)) {
        signal.throwIfAborted();
        yield { type: 'text', text };
      }
      signal.throwIfAborted();
      yield { type: 'done', finishReason: 'stop', usage: { inputTokens: 0, outputTokens: 0, estimated: true } };
    },
    check: async () => `The built-in model is no AI: it quotes from ${topics?.().length ?? 'the'} documents of the knowledge folder.`,
  };
}

async function composeAnswer({ messages }: ModelRequest, options: BuiltinModelOptions, signal: AbortSignal): Promise<string> {
  const conversation = readConversation(messages);
  const unanswered = conversation.unanswered.slice(-maxQuestions).map(understand);
  const questions = unanswered.map(({ question }) => question).filter((question) => question !== '');
  const smallTalk = unanswered.findLast((message) => message.smallTalk !== undefined);
  const language = (questions.length === 0 ? smallTalk?.language : undefined) ?? languageOf(conversation, options);
  const words = phrases[language] ?? phrases.en;
  if (!words) throw new TypeError('There are no phrases.');
  const topics = (options.topics?.() ?? []).slice(0, maxTopics);
  const closing = conversation.isFirst || smallTalk?.smallTalk === 'identity' ? words.introduction : words.note;
  if (questions.length === 0) return smallTalkAnswer(smallTalk?.smallTalk ?? 'greeting', { words, topics, isFirst: conversation.isFirst });

  const found = await findPassages(questions, conversation, { ...options, signal });
  const [best] = found.quoted;
  if (!best) {
    const isFollowUp = conversation.cited.length > 0 && found.related.length === 0 && questions.every((question) => isBare(question));
    const apology = isFollowUp ? words.nothingMore : words.nothing;
    return paragraphs(apology, topics.length > 0 ? listTopics(words, topics) : '', closing);
  }
  const seeAlso = found.related.length > 0 ? `${words.seeAlso} ${found.related.join(' · ')}` : '';
  return paragraphs(...found.quoted.map(quote), seeAlso, closing);
}
