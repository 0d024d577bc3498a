export type SmallTalk = 'greeting' | 'thanks' | 'identity';

export interface Understood {
  /** What a message is, apart from a question. */
  readonly smallTalk: SmallTalk | undefined;
  /** The language that gave it away. */
  readonly language: string | undefined;
  /** The message without the greeting or thanks that it begins or ends with; empty when it is nothing else. */
  readonly question: string;
}

const greetings: Readonly<Record<string, readonly string[]>> = {
  en: ['good morning', 'good afternoon', 'good evening', 'hello', 'hi', 'hey', 'greetings'],
  de: ['guten morgen', 'guten tag', 'guten abend', 'gruss gott', 'gruß gott', 'gruezi', 'hallo', 'moin', 'servus'],
  fr: ['bonjour', 'bonsoir', 'salut', 'coucou'],
  es: ['buenos dias', 'buenas tardes', 'buenas noches', 'buenas', 'hola'],
  it: ['buongiorno', 'buonasera', 'ciao', 'salve'],
  pt: ['bom dia', 'boa tarde', 'boa noite', 'ola', 'oi'],
  nl: ['goedemorgen', 'goedemiddag', 'goedenavond', 'goededag', 'hoi'],
};

const thanks: Readonly<Record<string, readonly string[]>> = {
  en: [
    'thank you very much',
    'thank you so much',
    'thank you',
    'thanks a lot',
    'many thanks',
    'thanks',
    'thx',
    'cheers',
    'perfect',
    'great',
  ],
  de: ['vielen dank', 'herzlichen dank', 'besten dank', 'danke schon', 'danke dir', 'dankeschon', 'danke'],
  fr: ['merci beaucoup', 'merci bien', 'merci'],
  es: ['muchas gracias', 'mil gracias', 'gracias'],
  it: ['grazie mille', 'molte grazie', 'grazie'],
  pt: ['muito obrigado', 'muito obrigada', 'obrigado', 'obrigada'],
  nl: ['dank je wel', 'dank u wel', 'hartelijk dank', 'dankjewel', 'bedankt', 'dank je', 'dank u'],
};

/** The whole of a question, so that "What are you able to store?" is looked up. */
const identities: Readonly<Record<string, RegExp>> = {
  en: /^(?:(?:who|what) are you|are you (?:an? |the )?(?:real )?(?:ai|bot|chatbot|human|robot|machine|person|chatgpt|gpt|llm|language model|ai model)|what can (?:you do|i ask(?: you)?)|how do you work|(?:what|which) (?:ai )?model (?:are you|do you use)|who am i talking to|help)$/,
  de: /^(?:(?:wer|was) (?:bist du|sind sie)|bist du (?:eine? |ein )?(?:ki|bot|chatbot|mensch|roboter|maschine|chatgpt|sprachmodell|ki modell)|was kannst du(?: alles)?|was kann ich (?:dich )?fragen|wie funktionierst du|hilfe)$/,
  fr: /^(?:qui es tu|tu es qui|qui etes vous|es tu (?:une? )?(?:ia|bot|robot|humain|chatgpt)|etes vous (?:une? )?(?:ia|bot|robot|humain)|que (?:peux|sais) tu faire|aide)$/,
  es: /^(?:(?:quien|que) eres|eres (?:una? )?(?:ia|bot|robot|humano|persona|chatgpt)|que puedes hacer|ayuda)$/,
  it: /^(?:(?:chi|cosa|che cosa) sei|sei (?:una? |un )?(?:ia|bot|robot|umano|persona|chatgpt)|(?:che )?cosa (?:puoi|sai) fare|aiuto)$/,
  pt: /^(?:(?:quem|o que) (?:e voce|es tu)|voce e (?:uma? )?(?:ia|bot|robo|humano|pessoa|chatgpt)|o que (?:voce pode|podes) fazer|ajuda)$/,
  nl: /^(?:(?:wie|wat) ben (?:je|jij)|ben (?:je|jij) (?:een )?(?:ai|bot|robot|mens|machine|chatgpt)|wat (?:kun|kan) (?:je|jij)|help)$/,
};

/** Words that may stand beside a greeting or thanks without making a question of it. */
const fillers = new Set(
  'there all everyone everybody folks team parley bot again zusammen alle team tous todos tutti allemaal iedereen you so much very'.split(
    ' ',
  ),
);

const longestSmallTalk = 300;

/** Tells greetings, thanks and questions about the bot itself from what is to be looked up. */
export function understand(message: string): Understood {
  if (message.length > longestSmallTalk) return { smallTalk: undefined, language: undefined, question: message };
  const text = simplify(message);
  let rest = text;
  let smallTalk: SmallTalk | undefined;
  let language: string | undefined;
  for (let cut = cutPhrase(rest); cut; cut = cutPhrase(rest)) {
    smallTalk ??= cut.smallTalk;
    language ??= cut.language;
    rest = cut.rest;
  }
  const asked = Object.entries(identities).find(([, pattern]) => pattern.test(rest));
  if (asked) return { smallTalk: 'identity', language: asked[0], question: '' };
  if (smallTalk === undefined) return { smallTalk, language, question: message };
  const isQuestion = rest.split(' ').some((word) => word !== '' && !fillers.has(word));
  return isQuestion ? { smallTalk: undefined, language: undefined, question: rest } : { smallTalk, language, question: '' };
}

interface CutPhrase {
  readonly smallTalk: SmallTalk;
  readonly language: string;
  readonly rest: string;
}

function cutPhrase(text: string): CutPhrase | undefined {
  const gratitude = cutFrom(text, thanks);
  if (gratitude) return { smallTalk: 'thanks', ...gratitude };
  const greeting = cutFrom(text, greetings);
  return greeting && { smallTalk: 'greeting', ...greeting };
}

/** The text without one of the phrases at its beginning or end. */
function cutFrom(
  text: string,
  lists: Readonly<Record<string, readonly string[]>>,
): { language: string; rest: string } | undefined {
  for (const [language, list] of Object.entries(lists)) {
    for (const phrase of list) {
      if (text === phrase) return { language, rest: '' };
      if (text.startsWith(`${phrase} `)) return { language, rest: text.slice(phrase.length + 1) };
      if (text.endsWith(` ${phrase}`)) return { language, rest: text.slice(0, -phrase.length - 1) };
    }
  }
  return undefined;
}

/** Lower case words with single spaces between them: neither diacritics nor punctuation nor emoji decide what is small talk. */
function simplify(text: string): string {
  const words = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return words.replaceAll(/[^\p{L}\p{N}]+/gu, ' ').trim();
}
