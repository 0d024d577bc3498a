/** What a run consisted of. */
export interface Figures {
  seeds: number;
  messages: number;
  /** Of a process: at each it may crash, fall asleep or be asked to stop. */
  steps: number;
  crashes: number;
  stalls: number;
  stops: number;
  /** To platforms. */
  requests: number;
  lostRequests: number;
  /** The platform did what it was asked, and nobody learned of it. */
  lostAnswers: number;
  refusals: number;
  /** Events that were delivered once more. */
  redeliveries: number;
  /** Follow-ups without a mention that came before the mention, and waited behind it in the end. */
  overtakings: number;
  modelCalls: number;
  modelFailures: number;
  answersStopped: number;
  latePresses: number;
  strangersPresses: number;
  replies: number;
  notices: number;
  deadLetters: number;
  /** Without a lease: the writer slept between its last look at the clock and the socket, or had given the request up already. */
  lateWrites: number;
  /** What stood there at rest because of them, and could not be taken back; see Residue. */
  second: number;
  begun: number;
  overwritten: number;
  /** Beginnings of answers that stay although nothing will complete them: the question was deleted, or the answer is dead. */
  remains: number;
  virtualMs: number;
}

export function createFigures(): Figures {
  return {
    seeds: 0,
    messages: 0,
    steps: 0,
    crashes: 0,
    stalls: 0,
    stops: 0,
    requests: 0,
    lostRequests: 0,
    lostAnswers: 0,
    refusals: 0,
    redeliveries: 0,
    overtakings: 0,
    modelCalls: 0,
    modelFailures: 0,
    answersStopped: 0,
    latePresses: 0,
    strangersPresses: 0,
    replies: 0,
    notices: 0,
    deadLetters: 0,
    lateWrites: 0,
    second: 0,
    begun: 0,
    overwritten: 0,
    remains: 0,
    virtualMs: 0,
  };
}

export function addFigures(sum: Figures, more: Figures): void {
  for (const key of Object.keys(more) as (keyof Figures)[]) sum[key] += more[key]; // the keys of Figures
}
