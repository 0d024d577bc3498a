import { parseConversationId } from '../../conversation-id.ts';
import type { UsageLine, UsageQuery } from '../usage-store.ts';
import type { Sqlite } from './database.ts';

interface TurnRow {
  readonly seq: number;
  readonly first: number;
  readonly last: number;
  readonly parts: number;
  readonly failed: 0 | 1;
  /** Whether a model has answered. */
  readonly modelled: 0 | 1;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly endedAt: number;
  readonly conversationId: string;
  /** Of who asked last; null where that event is gone. */
  readonly person: string | null;
  readonly name: string | null;
}

interface QuestionRow {
  readonly turn: number;
  readonly person: string;
  readonly name: string;
}

interface Sum {
  readonly adapter: string;
  readonly tenant: string;
  readonly person: string;
  readonly place: string;
  readonly day: number;
  name: string;
  questions: number;
  answers: number;
  failures: number;
  inputTokens: number;
  outputTokens: number;
}

const dayMs = 24 * 60 * 60_000;

export function createUsage(db: Sqlite) {
  const newest = db.prepare<[], { at: number; failed: 0 | 1 }>(
    `select ended_at as at, error is not null as failed from turn where model is not null or error is not null
     order by seq desc limit 1`,
  );
  return {
    sumUsage: createSumUsage(db),
    usage: createQueries(db),
    newestTurn: (): { at: number; failed: boolean } | undefined => {
      const turn = newest.get();
      return turn && { at: turn.at, failed: turn.failed === 1 };
    },
  };
}

function createSumUsage(db: Sqlite) {
  const progress = db.prepare<[], number>('select turn from usage_progress').pluck();
  const advance = db.prepare<[number]>('update usage_progress set turn = ?');
  const ended = db.prepare<[number, number], TurnRow>(
    `select t.seq, first_seq as first, last_seq as last, parts, error is not null as failed, model is not null as modelled,
       coalesce(input_tokens, 0) as inputTokens,
       coalesce(output_tokens, 0) as outputTokens, ended_at as endedAt, t.conversation_id as conversationId, author_id as person,
       author_name as name
     from turn t left join inbox i on i.seq = t.last_seq where t.seq > ? order by t.seq limit ?`,
  );
  // One walk for all: what a turn took up may lie far apart, with the events of other turns in between.
  const asked = db.prepare<{ first: number; last: number; from: number; to: number }, QuestionRow>(
    `select turn, author_id as person, author_name as name from inbox
     where seq between @first and @last and turn between @from and @to and verdict in ('answered', 'failed')
       and type in ('message', 'command')`,
  );
  const put = db.prepare<Sum>(
    `insert into usage (adapter, tenant, person, place, day, name, questions, answers, failures, input_tokens, output_tokens)
     values (@adapter, @tenant, @person, @place, @day, @name, @questions, @answers, @failures, @inputTokens, @outputTokens)
     on conflict do update set name = excluded.name, questions = questions + excluded.questions, answers = answers + excluded.answers,
       failures = failures + excluded.failures, input_tokens = input_tokens + excluded.input_tokens,
       output_tokens = output_tokens + excluded.output_tokens`,
  );

  return function sumUsage({ limit }: { limit: number }): number {
    const turns = ended.all(progress.get() ?? 0, limit);
    const [oldest] = turns;
    const newest = turns.at(-1);
    if (!oldest || !newest) return 0;
    const first = turns.reduce((least, turn) => Math.min(least, turn.first), oldest.first);
    const last = turns.reduce((most, turn) => Math.max(most, turn.last), oldest.last);
    for (const sum of addUp(turns, asked.all({ first, last, from: oldest.seq, to: newest.seq }))) put.run(sum);
    advance.run(newest.seq);
    return turns.length;
  };
}

function addUp(turns: readonly TurnRow[], questions: readonly QuestionRow[]): Iterable<Sum> {
  const sums = new Map<string, Sum>();
  const sumOf = ({ conversationId, endedAt }: TurnRow, person: string, name: string): Sum => {
    const { adapter, tenant, path } = parseConversationId(conversationId) ?? { adapter: '', tenant: '', path: [] };
    const [place = ''] = path;
    const day = Math.floor(endedAt / dayMs);
    const key = JSON.stringify([adapter, tenant, person, place, day]);
    const sum = sums.get(key) ?? {
      ...{ adapter, tenant, person, place, day, name },
      ...{ questions: 0, answers: 0, failures: 0, inputTokens: 0, outputTokens: 0 },
    };
    sums.set(key, sum);
    sum.name = name;
    return sum;
  };
  const bySeq = new Map(turns.map((turn) => [turn.seq, turn]));
  const asked = new Set(questions.map(({ turn }) => turn));
  for (const { turn: seq, person, name } of questions) {
    const turn = bySeq.get(seq);
    if (turn) sumOf(turn, person, name).questions += 1;
  }
  for (const turn of turns) {
    const sum = sumOf(turn, turn.person ?? '', turn.name ?? '');
    if (turn.failed) sum.failures += 1;
    // What tells somebody of a limit is no answer.
    else if (turn.parts > 0 && (turn.modelled || asked.has(turn.seq))) sum.answers += 1;
    sum.inputTokens += turn.inputTokens;
    sum.outputTokens += turn.outputTokens;
  }
  // A turn that only refused adds nothing.
  return [...sums.values()].filter(
    ({ questions: asked, answers, failures, inputTokens, outputTokens }) =>
      asked + answers + failures + inputTokens + outputTokens > 0,
  );
}

const figures = `sum(questions) as questions, sum(answers) as answers, sum(failures) as failures,
  sum(input_tokens) as inputTokens, sum(output_tokens) as outputTokens`;
const mostFirst = 'order by sum(input_tokens) + sum(output_tokens) desc, sum(questions) desc, key';
/** The name is that of the newest day: SQLite takes a bare column from the row that has the maximum. */
const lines = {
  person: `select adapter, tenant, person as key, name, max(day), ${figures} from usage where`,
  place: `select adapter, tenant, place as key, '' as name, ${figures} from usage where`,
  day: `select '' as adapter, '' as tenant, date(day * 86400, 'unixepoch') as key, '' as name, ${figures} from usage where`,
};
const endings = {
  person: `group by adapter, tenant, person ${mostFirst} limit @limit`,
  place: `group by adapter, tenant, place ${mostFirst} limit @limit`,
  day: 'group by day order by day desc limit @limit',
};

interface Bounds {
  readonly day: number;
  readonly limit: number;
}

function createQueries(db: Sqlite) {
  const ofOne = 'adapter = @adapter and tenant = @tenant and person = @person and day >= @day';
  const prepare = (by: UsageQuery['by']) => ({
    all: db.prepare<Bounds, UsageLine>(`${lines[by]} day >= @day ${endings[by]}`),
    one: db.prepare<Bounds & NonNullable<UsageQuery['of']>, UsageLine>(`${lines[by]} ${ofOne} ${endings[by]}`),
  });
  const statements = { person: prepare('person'), place: prepare('place'), day: prepare('day') };

  return function usage({ by, since = 0, limit, of }: UsageQuery): UsageLine[] {
    const bounds = { day: Math.floor(since / dayMs), limit };
    const rows = of ? statements[by].one.all({ ...bounds, ...of }) : statements[by].all.all(bounds);
    return rows.map(({ adapter, tenant, key, name, questions, answers, failures, inputTokens, outputTokens }) => ({
      ...{ adapter, tenant, key, name },
      ...{ questions, answers, failures, inputTokens, outputTokens },
    }));
  };
}
