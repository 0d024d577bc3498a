import type { Sqlite } from './database.ts';
import type { Who } from './forget-waiting.ts';

/** A conversation in which a person has spoken, and what has been answered there since. */
export interface Spoken {
  /** Of the conversation. */
  readonly id: string;
  /** The first that is left of the person in the transcript. */
  readonly firstMessage: number | undefined;
  /** Numbers of the turns since the person's first event, oldest first, as far as they are known. */
  readonly turns: readonly number[];
  /** When the first of them began, or the first event came. */
  readonly since: number;
}

interface InTranscript {
  readonly id: string;
  readonly message: number;
  readonly turn: number;
}

interface InInbox {
  readonly id: string;
  readonly seq: number;
  readonly at: number;
}

interface TurnRow {
  readonly turn: number;
  readonly id: string;
  readonly first: number;
  readonly last: number;
  readonly startedAt: number;
}

/** Where a person has spoken, also where it has been deleted since: answers may still repeat it. */
export function createFindSpoken(db: Sqlite): (who: Who) => readonly Spoken[] {
  const inTranscripts = db.prepare<Who, InTranscript>(
    `select m.conversation_id as id, min(m.seq) as message, min(m.turn) as turn from message m join conversation c on c.id = m.conversation_id
     where m.author_id = @person and m.role = 'user' and m.conversation_id = coalesce(@only, m.conversation_id)
       and c.adapter = @adapter and c.tenant = @tenant group by m.conversation_id`,
  );
  const inInbox = db.prepare<Who, InInbox>(
    `select conversation_id as id, min(seq) as seq, min(accepted_at) as at from inbox
     where adapter = @adapter and tenant = @tenant and author_id = @person and conversation_id = coalesce(@only, conversation_id)
     group by conversation_id`,
  );
  const turnsOf = db.prepare<[string], TurnRow>(
    `select seq as turn, conversation_id as id, first_seq as first, last_seq as last, started_at as startedAt from turn
     where conversation_id in (select value from json_each(?)) order by seq`,
  );
  return (who) => {
    const transcripts = new Map(inTranscripts.all(who).map((each) => [each.id, each]));
    const events = new Map(inInbox.all(who).map((each) => [each.id, each]));
    const ids = [...new Set([...transcripts.keys(), ...events.keys()])];
    const turns = Map.groupBy(turnsOf.all(JSON.stringify(ids)), ({ id }) => id);
    return ids.map((id) => toSpoken({ id, said: transcripts.get(id), came: events.get(id), turns: turns.get(id) ?? [] }));
  };
}

interface Found {
  readonly id: string;
  readonly said: InTranscript | undefined;
  readonly came: InInbox | undefined;
  readonly turns: readonly TurnRow[];
}

function toSpoken({ id, said, came, turns }: Found): Spoken {
  // What was said longer ago than turns are kept came before all of these.
  const answered = said && (turns.find(({ turn }) => turn === said.turn)?.first ?? 0);
  const first = Math.min(answered ?? Number.MAX_SAFE_INTEGER, came?.seq ?? Number.MAX_SAFE_INTEGER);
  const since = turns.filter(({ last }) => last >= first);
  return {
    id,
    firstMessage: said?.message,
    turns: since.map(({ turn }) => turn),
    since: Math.min(came?.at ?? Number.MAX_SAFE_INTEGER, since[0]?.startedAt ?? Number.MAX_SAFE_INTEGER),
  };
}
