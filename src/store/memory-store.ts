/**
 * What is remembered of people beyond a conversation, and how a person is forgotten.
 *
 * A fact is a person's own words. It is written with the commit of the turn that was asked to remember it, so that a turn which comes to nothing leaves none, and goes
 * with the message that said it: when that is deleted, or reads otherwise. `/reset` leaves it, an uninstallation takes all of the tenant.
 *
 * Who asks for facts says where. The query itself holds the wall: a fact comes back in the place where it was said, and one that was said in public also elsewhere, where
 * public words may go; never for another person, tenant or adapter.
 */
export interface MemoryStore {
  /** Facts of the person and of the tenant that may be told there. Those that are shown to a model are noted as used. */
  recall(query: RecallQuery): Promise<Recalled>;
  /** For operators: all that is kept, newest first. */
  listFacts(query: FactQuery): Promise<readonly StoredFact[]>;
  /** Notes a fact of a tenant; its id. One that is there already is not noted twice. */
  addFact(fact: { readonly adapter: string; readonly tenant: string; readonly text: string }): Promise<number>;
  /** False where there is none of this id. */
  removeFact(id: number): Promise<boolean>;
  /**
   * Erases a person: facts, messages with their files, the answers that were given with those in view, what tools were asked and said for them, summaries; in every conversation of the
   * tenant, at once. That an event came stays recorded. What waits for an answer is not answered. A turn that runs with such words in view can
   * commit nothing and begins anew. Nothing that others have said goes. Undefined where `by` has lost its lease: then nothing has changed.
   */
  forgetPerson(request: ForgetRequest): Promise<Forgotten | undefined>;
}

export interface RecallQuery {
  readonly adapter: string;
  readonly tenant: string;
  readonly person: string;
  /** See `toPlaces` in src/conversation/memory.ts. */
  readonly places: readonly string[];
  /** Whether what was said in public may be told there, too. */
  readonly takesPublic: boolean;
  readonly limit: number;
  readonly uses: boolean;
}

export interface Fact {
  readonly id: number;
  readonly text: string;
  /** ms since 1970. */
  readonly at: number;
}

export interface Recalled {
  /** What was used or said last comes first. */
  readonly facts: readonly Fact[];
  readonly ofTenant: readonly Fact[];
  /** Whether there is more of the person that may not be told there. */
  readonly hasMore: boolean;
}

export interface FactQuery {
  readonly adapter?: string | undefined;
  readonly tenant?: string | undefined;
  readonly person?: string | undefined;
  readonly limit: number;
}

export interface StoredFact extends Fact {
  readonly adapter: string;
  readonly tenant: string;
  /** Empty: of the tenant. */
  readonly person: string;
  readonly name: string;
  readonly place: string;
  readonly isPublic: boolean;
  readonly usedAt: number;
}

export interface Remembered {
  /** Whether anything is remembered in the tenant: otherwise nobody need look. */
  readonly hasFacts?: boolean;
}

/** Of a turn's outcome. */
export interface Remembering {
  readonly remembers?: readonly NewFact[] | undefined;
}

export interface NewFact {
  /** Of the event that says it. */
  readonly seq: number;
  readonly text: string;
  readonly place: string;
  readonly isPublic: boolean;
}

export interface ForgetRequest {
  readonly adapter: string;
  readonly tenant: string;
  readonly person: string;
  /** There alone, where it is not sure that who says so is that person everywhere. */
  readonly conversationId?: string | undefined;
  /** The turn that does it, and the event that asks for it: what came later still waits for its answer. */
  readonly by?: ForgettingTurn | undefined;
}

/** As in TurnHold. */
export interface ForgettingTurn {
  readonly owner: string;
  readonly conversationId: string;
  readonly token: number;
  readonly seq: number;
}

export interface Forgotten {
  readonly facts: number;
  readonly messages: number;
  readonly conversations: number;
  /** Questions that get no answer any more. */
  readonly waiting: number;
  /** Parts of answers that are on their way: their text goes when they have arrived. */
  readonly underWay: number;
  /** Conversations in which a turn runs that has to begin anew. */
  readonly interrupted: readonly string[];
}

/** So many are kept of a person, and of a tenant: who asks for more loses those that were used longest ago. */
export const mostFacts = { person: 100, tenant: 200 } as const;
export const maxFactLength = 300;
