import type { BegunCall, LoggedToolCall, ToolCallQuery, ToolCallRecord } from '../tool-call-store.ts';
import type { Sqlite } from './database.ts';

type Row = Omit<LoggedToolCall, 'acting' | 'outcome' | 'ms'> & {
  readonly acting: 0 | 1;
  readonly outcome: string | null;
  readonly ms: number | null;
};

const columns = 'id, conversation_id as conversationId, turn_id as turnId, tool, arguments, acting, state, outcome, ms, at';

/** What tools were called; see tool-call-store.ts. */
export function createToolCallCases(db: Sqlite) {
  const find = db.prepare<[string], Row>(`select ${columns} from tool_call where id = ?`);
  const begin = db.prepare<BegunCall & { now: number }>(
    `insert into tool_call (id, conversation_id, turn_id, tool, arguments, acting, state, at)
     values (@id, @conversationId, @turnId, @tool, @arguments, 1, 'begun', @now)`,
  );
  const record = db.prepare<Omit<ToolCallRecord, 'calls'> & ToolCallRecord['calls'][number] & { now: number }>(
    `insert into tool_call (id, conversation_id, turn_id, tool, arguments, acting, state, outcome, ms, at)
     values (@id, @conversationId, @turnId, @tool, @arguments, 0, @state, @outcome, @ms, @now)
     on conflict (id) do update set state = excluded.state, outcome = excluded.outcome, ms = excluded.ms where state = 'begun'`,
  );
  const list = db.prepare<ReturnType<typeof toBounds>, Row>(
    `select ${columns} from tool_call
     where at >= 0 and acting >= @acting order by at desc, seq desc limit @limit`,
  );
  const ofTurn = db.prepare<ReturnType<typeof toBounds>, Row>(
    `select ${columns} from tool_call where turn_id = @turnId and acting >= @acting order by seq desc limit @limit`,
  );
  const ofConversation = db.prepare<ReturnType<typeof toBounds>, Row>(
    `select ${columns} from tool_call where conversation_id = @conversationId and acting >= @acting order by seq desc limit @limit`,
  );
  return {
    beginToolCall: ([call]: [BegunCall], now: number): LoggedToolCall | undefined => {
      const { id, conversationId, turnId, tool, arguments: given } = call;
      const known = find.get(id);
      if (!known) begin.run({ id, conversationId, turnId, tool, arguments: given, now });
      return known && toLogged(known);
    },
    recordToolCalls: ([{ conversationId, turnId, calls }]: [ToolCallRecord], now: number): void => {
      for (const { id, tool, arguments: given, state, outcome, ms } of calls)
        record.run({ id, conversationId, turnId, tool, arguments: given, state, outcome, ms, now });
    },
    listToolCalls: ([query]: [ToolCallQuery]): LoggedToolCall[] => {
      const byConversation = query.conversationId === undefined ? list : ofConversation;
      const statement = query.turnId === undefined ? byConversation : ofTurn;
      return statement.all(toBounds(query)).map(toLogged);
    },
  };
}

function toBounds({ turnId, conversationId, acting = false, limit }: ToolCallQuery) {
  return { turnId: turnId ?? null, conversationId: conversationId ?? null, acting: acting ? 1 : 0, limit };
}

function toLogged({ acting, outcome, ms, ...row }: Row): LoggedToolCall {
  return { ...row, acting: acting === 1, outcome: outcome ?? undefined, ms: ms ?? undefined };
}
