import { toWords } from './words.ts';

export type Language = 'en' | 'de' | 'fr' | 'es' | 'it' | 'pt' | 'nl';

/**
 * Words that carry grammar rather than meaning, folded as the index folds them. A search leaves them out, and they tell a
 * language apart from a few words already, where statistics of letters need a whole sentence.
 */
const lists: Readonly<Record<Language, string>> = {
  en: `a about all already also am an and any anything are as at be been being but by can could did do does doing done for from get gets got had happen
    happened happens has have having he her here his how i if in into is it its just let like may me mean means might more most must my need needs no
    not of on one ones or our out over please shall she should so some something tell than that the their them then there these they this those to
    too us use used uses using want was way we were what when where which who whom whose why will with without work works working would yes you your`,
  de: `aber alle alles als also am an auch auf aus bei beim bin bist bitte brauche brauchen braucht da dann darf das dass dein deine dem
    den denn der des dich die dies diese diesem diesen dieser dieses dir doch du durch ein eine einem einen einer eines er es etwas euch
    fur geht gibt hab habe haben hast hat hatte ich ihn ihr im in ist ja kann kannst kein keine konnen konnte mach mache machen macht mal
    man mehr mein meine mich mir mit muss mussen musst nach nein nicht noch nun nur ob oder ohne passiert schon sehr sein sich sie sind so
    soll sollte tun uber um und uns unter vom von vor wann war waren warum was weil welche welchen welcher welches wem wen wenn wer werden
    wie wieso wir wird wo wofur wurde zu zum zur`,
  fr: `a ai as au aussi aux avec avez avoir avons ca ce ces cet cette comment dans de des dois doit donc du elle elles en es est et etait
    etre eu faire fait faut il ils j je l la le les leur lui ma mais me mes moi mon n ne non nos notre nous on ont ou oui par pas peut peux
    plus pour pourquoi puis qu quand que quel quelle quelles quels qui quoi sa sans se ses si son sont suis sur ta te tes toi ton tout tres
    tu un une veux vos votre vous y`,
  es: `al algo como con cual cuales cuando de debe debo del desde donde el ella ellos en entonces era eres es esa ese eso esta estan este
    esto estos fue ha hace hacer han hasta hay he la las le les lo los mas me mi mis muy necesita necesito no nos nosotros o para pero por
    porque pueda puede pueden puedo que quien quiero se ser si sin sobre son soy su sus tambien te tengo tiene todo tu un una unas uno unos
    usted y ya yo`,
  it: `a ai al alla allora anche che chi ci come con cosa da dal dalla de dei del della delle deve devo di dove due e era essere fa fare
    gli ha hai hanno ho i il in io la le lei li lo loro lui ma mi mia mio molto nel nella no noi non o per perche piu poi posso puo puoi
    quale quali quando questa queste questi questo se sei senza serve si sono su sua sul suo ti tu tua tuo un una uno vi voglio voi`,
  pt: `a ao aos as com como da das de deve devo do dos e ela ele eles em entao era essa esse esta este eu faz fazer foi ha isso isto ja lhe
    mais mas me meu meus minha muito na nao nas no nos o onde os ou para pela pelo pode podem por porque posso preciso precisa qual quais
    quando que quem quero sao se sem ser seu sua so sobre sou tambem te tem tenho ter tu um uma uns voce voces`,
  nl: `aan al alles als ben bent bij dan dat de deze die dit doe doen doet dus een en er gaat gebeurt geen graag had heb hebben hebt heeft
    het hij hoe hun ik in is ja je jij jou jouw jullie kan kon kun kunnen maar mag me meer met mij mijn moet moeten na naar nee niet nodig
    nog of om omdat onder ons ook op over te tot u uit uw van veel voor waar waarom waren was wat we welke werd wie wij wil worden wordt
    zal ze zich zij zijn zo zonder zou`,
};

const stopWords = new Map<string, readonly Language[]>();
for (const [language, list] of Object.entries(lists) as [Language, string][]) {
  for (const word of list.split(/\s+/)) stopWords.set(word, [...(stopWords.get(word) ?? []), language]);
}

/** Where the language is not known, in any of them. */
export function isStopWord(word: string, language: Language | undefined): boolean {
  const languages = stopWords.get(word);
  return languages !== undefined && (language === undefined || languages.includes(language));
}

/** Letters and signs that few other languages use. */
const ownLetters: Partial<Record<Language, RegExp>> = {
  de: /[äöüß]/i,
  fr: /[êœ]|\b[ldn]['’]/i,
  es: /[¿¡ñ]/i,
  pt: /[ãõ]/i,
  it: /[ìò]/i,
};

/** The language of a text, by its grammatical words; undefined where they do not tell. A word that several languages share counts less. */
export function detectLanguage(text: string): Language | undefined {
  const votes = new Map<Language, number>();
  for (const word of toWords(text.slice(0, 2_000))) {
    const languages = stopWords.get(word) ?? [];
    for (const language of languages) votes.set(language, (votes.get(language) ?? 0) + 1 / languages.length ** 2);
  }
  for (const [language, letters] of Object.entries(ownLetters) as [Language, RegExp][]) {
    if (letters.test(text)) votes.set(language, (votes.get(language) ?? 0) + 0.3);
  }
  const [best, second] = [...votes].toSorted(([, first], [, other]) => other - first);
  return best && best[1] > (second?.[1] ?? 0) * 1.2 ? best[0] : undefined;
}
