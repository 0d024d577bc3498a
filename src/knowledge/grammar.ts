const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });

const chinese = new Set(
  `请问 请 为什么 为什麼 为何 怎么办 怎么样 怎么 怎麼 怎样 怎 么 办 如何 什么 什麼 哪里 哪儿 哪个 哪些 哪 谁 来 多久 多长 多少 几 可以 可 能 能不能 能否 才能 会 是否 是不是
   有 没有 没 不 想 想要 要 需要 须要 应该 该 一下 我 我们 你 你们 您 他们 吗 嗎 呢 吧 的 了 是 在 和 与 跟 把 被 给 对 就 都 也 还 才 又 从 到 后 时 时候 这 那 这个 那个 个`.split(
    /\s+/,
  ),
);
/** What asks, and what holds a sentence together. */
const japanese = /教えて|知りたい|方法|場合|何|私|下さい|です|ます|する|した|して/g;
/** Whole words: those that ask, and the short verbs that a polite question ends with. */
const koreanWords = new RegExp(
  '(?<!\\p{Script=Hangul})(?:' +
    '(?:어떻게|어떡해|무엇|뭐|뭘|누가|누구|어디|언제|어떤|어느|얼마|며칠|필요)\\p{Script=Hangul}{0,3}|' +
    '(?:왜|안|못|수|좀|꼭|몇|저|제가|저는|말고|알려|싶은데|있는|있을까요|있습니까|없습니까|되나요|되는|하나요|하는|하면|하려면|해야|주세요)|' +
    '\\p{Script=Hangul}{1,2}요)(?!\\p{Script=Hangul})',
  'gu',
);
const koreanEndings =
  /(?<=\p{Script=Hangul}{2})(?:하고|하려면|하나요|했나요|한가요|합니까|합니다|하는|해요|해야|하면|할까요|되나요|돼요|됩니까|인가요|입니까|이에요|예요|나요|까요|에서는|에서|에게|으로도|으로|로도|부터|까지|님|[을를이가은는에로와과도의])(?!\p{Script=Hangul})/gu;
const thai = new Set(
  `จะ ได้ อย่างไร ยังไง ทำ ต้อง ฉัน ผม เรา คุณ อยาก เมื่อไหร่ เมื่อไร เท่าไหร่ เท่าไร ไหม อะไร ไหน ที่ไหน ที่ ของ ใน การ ความ เป็น มี ให้ กับ และ หรือ ดี ไม่ ไป
   กี่ ใช้ ครับ ค่ะ คะ`
    .split(/\s+/)
    .map((word) => word.replaceAll(/\p{M}/gu, '')),
);

/** A question without the words that carry grammar, in languages that would otherwise join them to those that carry meaning. */
export function withoutGrammar(question: string): string {
  const text = question.normalize('NFKC');
  if (kana.test(text)) return text.replaceAll(japanese, ' ');
  return text
    .replaceAll(/\p{Script=Han}+/gu, toChineseWords)
    .replaceAll(koreanWords, ' ')
    .replaceAll(koreanEndings, ' ');
}

/**
 * Words apart from each other, so that no pair is made of the end of one and the beginning of the next. What the dictionary does not know it
 * leaves as single characters: those stay together.
 */
function toChineseWords(run: string): string {
  let text = '';
  let afterSingle = false;
  for (const { segment } of segmenter.segment(run)) {
    const isSingle = segment.length === 1 && !chinese.has(segment);
    if (!(isSingle && afterSingle)) text += ' ';
    if (!chinese.has(segment)) text += segment;
    afterSingle = isSingle;
  }
  return `${text} `;
}

/** Japanese writes its grammar, and few of its nouns, in Hiragana. */
export function isGrammar(word: string): boolean {
  return thai.has(word) || /^\p{Script=Hiragana}+$/u.test(word);
}
