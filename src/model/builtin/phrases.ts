/** What the built-in model says in words of its own, in the language of the question. */
export interface Phrases {
  readonly greeting: string;
  readonly thanks: string;
  /** What it is and how to put an AI model in its place. */
  readonly introduction: string;
  /** The same in one short line. */
  readonly note: string;
  readonly seeAlso: string;
  readonly nothing: string;
  /** Before a list of what the documents are about. */
  readonly topics: string;
  readonly noDocuments: string;
}

const settings = '`OPENAI_API_KEY`';
const endpoint = '`OPENAI_BASE_URL`';

const byLanguage = {
  en: {
    greeting: 'Hello!',
    thanks: 'You are welcome!',
    introduction: `I am Parley's built-in document search, not an AI model: I look your question up in the documents that I was given and quote what fits best. To have an AI model answer instead, set ${settings}, or ${endpoint} for any compatible endpoint, and start Parley again.`,
    note: 'Found by document search, not written by an AI model.',
    seeAlso: 'See also:',
    nothing: 'I found nothing about that in my documents.',
    topics: 'You can ask me about:',
    noDocuments: 'I have no documents yet: put Markdown or text files into the knowledge folder and start Parley again.',
  },
  de: {
    greeting: 'Hallo!',
    thanks: 'Gern geschehen!',
    introduction: `Ich bin die eingebaute Dokumentensuche von Parley, kein KI-Modell: Ich schlage die Frage in den Dokumenten nach, die man mir gegeben hat, und zitiere, was am besten passt. Damit stattdessen ein KI-Modell antwortet, ${settings} setzen, oder ${endpoint} für jeden kompatiblen Dienst, und Parley neu starten.`,
    note: 'Durch Dokumentensuche gefunden, nicht von einem KI-Modell geschrieben.',
    seeAlso: 'Siehe auch:',
    nothing: 'Dazu habe ich in meinen Dokumenten nichts gefunden.',
    topics: 'Fragen kann man mich nach:',
    noDocuments: 'Ich habe noch keine Dokumente: Markdown- oder Textdateien in den Wissensordner legen und Parley neu starten.',
  },
  fr: {
    greeting: 'Bonjour !',
    thanks: 'Avec plaisir !',
    introduction: `Je suis la recherche documentaire intégrée de Parley, pas un modèle d'IA : je cherche la question dans les documents que l'on m'a donnés et je cite ce qui convient le mieux. Pour qu'un modèle d'IA réponde à ma place, définissez ${settings}, ou ${endpoint} pour tout service compatible, puis redémarrez Parley.`,
    note: "Trouvé par recherche documentaire, sans modèle d'IA.",
    seeAlso: 'Voir aussi :',
    nothing: "Je n'ai rien trouvé à ce sujet dans mes documents.",
    topics: 'On peut m’interroger sur :',
    noDocuments:
      "Je n'ai pas encore de documents : placez des fichiers Markdown ou texte dans le dossier de connaissances et redémarrez Parley.",
  },
  es: {
    greeting: '¡Hola!',
    thanks: '¡De nada!',
    introduction: `Soy la búsqueda de documentos integrada de Parley, no un modelo de IA: busco la pregunta en los documentos que me han dado y cito lo que mejor encaja. Para que responda un modelo de IA, define ${settings}, o ${endpoint} para cualquier servicio compatible, y reinicia Parley.`,
    note: 'Encontrado mediante búsqueda de documentos, no escrito por un modelo de IA.',
    seeAlso: 'Véase también:',
    nothing: 'No he encontrado nada sobre eso en mis documentos.',
    topics: 'Se me puede preguntar por:',
    noDocuments: 'Todavía no tengo documentos: pon archivos Markdown o de texto en la carpeta de conocimiento y reinicia Parley.',
  },
  it: {
    greeting: 'Ciao!',
    thanks: 'Prego!',
    introduction: `Sono la ricerca nei documenti integrata in Parley, non un modello di IA: cerco la domanda nei documenti che mi hanno dato e cito ciò che corrisponde meglio. Per far rispondere un modello di IA, imposta ${settings}, oppure ${endpoint} per qualsiasi servizio compatibile, e riavvia Parley.`,
    note: 'Trovato con la ricerca nei documenti, non scritto da un modello di IA.',
    seeAlso: 'Vedi anche:',
    nothing: 'Non ho trovato nulla a riguardo nei miei documenti.',
    topics: 'Mi si può chiedere di:',
    noDocuments: 'Non ho ancora documenti: metti file Markdown o di testo nella cartella della conoscenza e riavvia Parley.',
  },
  pt: {
    greeting: 'Olá!',
    thanks: 'De nada!',
    introduction: `Sou a pesquisa de documentos integrada no Parley, não um modelo de IA: procuro a pergunta nos documentos que me deram e cito o que melhor corresponde. Para que um modelo de IA responda, defina ${settings}, ou ${endpoint} para qualquer serviço compatível, e reinicie o Parley.`,
    note: 'Encontrado por pesquisa de documentos, não escrito por um modelo de IA.',
    seeAlso: 'Veja também:',
    nothing: 'Não encontrei nada sobre isso nos meus documentos.',
    topics: 'Podem perguntar-me sobre:',
    noDocuments:
      'Ainda não tenho documentos: coloque ficheiros Markdown ou de texto na pasta de conhecimento e reinicie o Parley.',
  },
  nl: {
    greeting: 'Hallo!',
    thanks: 'Graag gedaan!',
    introduction: `Ik ben de ingebouwde documentzoeker van Parley, geen AI-model: ik zoek de vraag op in de documenten die ik heb gekregen en citeer wat het beste past. Om een AI-model te laten antwoorden, stel ${settings} in, of ${endpoint} voor elke compatibele dienst, en start Parley opnieuw.`,
    note: 'Gevonden door te zoeken in documenten, niet geschreven door een AI-model.',
    seeAlso: 'Zie ook:',
    nothing: 'Daarover heb ik in mijn documenten niets gevonden.',
    topics: 'Je kunt me vragen naar:',
    noDocuments: 'Ik heb nog geen documenten: zet Markdown- of tekstbestanden in de kennismap en start Parley opnieuw.',
  },
} as const satisfies Record<string, Phrases>;

/** English where the language is not known or not spoken. */
export function phrasesFor(language: string | undefined): Phrases {
  const all: Readonly<Record<string, Phrases>> = byLanguage;
  return (language !== undefined && all[language]) || byLanguage.en;
}
