import { approvalVerdicts, toDecisionText, toMinuteText, type ApprovalVerdict } from '../../approval-verdicts.ts';
import type { Action, Author, Destination } from '../../message.ts';
import type { Approval } from '../approval-store.ts';
import type { TurnOutcome } from '../store.ts';
import type { ApprovalRow } from './approval-row.ts';
import { createCloseApproval } from './close-approval.ts';
import type { Sqlite } from './database.ts';
import { createPressNotice } from './press-notice.ts';
import { toTime } from './time.ts';

/** Writes down what a turn asks people to approve, in the commit of the answer that asks. */
export function createAskApproval(db: Sqlite): (outcome: TurnOutcome, now: number) => void {
  const insert = db.prepare(
    `insert into approval (id, conversation_id, adapter, tenant, turn_id, part_id, tool, title, arguments, asker, untrusted, destination, state,
       asked_at, expires_at)
     values (@id, @conversationId, @adapter, @tenant, @turnId, @partId, @tool, @title, @arguments, @asker, @untrusted, @destination, 'pending',
       @now, @expiresAt)`,
  );
  return ({ approval, conversationId, turnId, parts, deliver }, now) => {
    if (!approval) return;
    const { id, tool, title, arguments: given, asker, untrusted, expiresAt, part } = approval;
    insert.run({
      ...{ id, conversationId, turnId, tool, title, now },
      arguments: given,
      adapter: deliver.adapter,
      tenant: deliver.tenant,
      partId: (part === undefined ? undefined : parts[part]?.id) ?? null,
      asker: JSON.stringify(asker),
      untrusted: untrusted ? 1 : 0,
      destination: JSON.stringify(deliver.destination),
      expiresAt: toTime(expiresAt),
    });
  };
}

/** What an action decides: the event that a turn takes up, and what the transcript says of it. */
export interface Decided {
  readonly event: Action;
  readonly remark: string;
}

/** Decides about an approval, once: whoever is not entitled, and whoever comes later, is told so. */
export function createDecide(db: Sqlite): (action: Action, now: number) => Decided | ApprovalVerdict {
  const find = db.prepare<[string], ApprovalRow>('select * from approval where id = ?');
  const decide = db.prepare(
    `update approval set state = @state, decided_by = @by, decided_name = @name, decided_at = @now, reason = @reason
     where id = @id and state = 'pending'`,
  );
  const close = createCloseApproval(db);
  const tell = createPressNotice(db);

  return (action, now) => {
    const row = find.get(action.value);
    const verdict = verdictOn(action, row, now);
    if (verdict !== undefined || !row) {
      // Who has pressed no button is told in another way.
      if (action.messageId !== undefined) tell(action, toNotice(verdict, row), now);
      return verdict ?? approvalVerdicts.unknown;
    }
    const state = stateAfter(action.name);
    const { author, reason = null } = action;
    decide.run({ state, by: author.id, name: author.name, reason, now, id: row.id });
    close({ ...row, state, decided_name: author.name, decided_at: now }, now);
    const { messageId: _, authority: __, ...rest } = action;
    const event: Action = { ...rest, destination: JSON.parse(row.destination) as Destination }; // written by commitTurn
    return { event, remark: `(${toDecisionText(state, author.name)}: ${row.tool})` };
  };
}

function verdictOn(action: Action, row: ApprovalRow | undefined, now: number): ApprovalVerdict | undefined {
  const isHere = row?.conversation_id === action.conversationId && row.adapter === action.adapter && row.tenant === action.tenant;
  if (!isHere) return approvalVerdicts.unknown;
  if (action.name === 'expire') {
    return row.state === 'pending' && row.expires_at <= now ? undefined : approvalVerdicts.over;
  }
  const asker = JSON.parse(row.asker) as Author; // written by commitTurn
  const isOwn = asker.id === action.author.id && !asker.isBot;
  if (action.author.isBot || !(action.authority === 'any' || (action.authority === 'asker' && isOwn)))
    return approvalVerdicts.foreign;
  if (row.state !== 'pending') return row.state === 'expired' ? approvalVerdicts.expired : approvalVerdicts.over;
  return row.expires_at <= now ? approvalVerdicts.expired : undefined;
}

function stateAfter(name: string): 'approved' | 'declined' | 'expired' {
  if (name === 'approve') return 'approved';
  return name === 'decline' ? 'declined' : 'expired';
}

function toNotice(verdict: ApprovalVerdict | undefined, row: ApprovalRow | undefined): string {
  if (verdict === approvalVerdicts.foreign)
    return 'Only who the operator has named as an approver may decide this. Nothing has changed.';
  if (verdict === approvalVerdicts.expired) return 'This request has expired, and nothing was done. Please ask again.';
  if (verdict === approvalVerdicts.over && row) {
    const at = row.decided_at === null ? '' : `, ${toMinuteText(row.decided_at)}`;
    return `${toDecisionText(row.state, row.decided_name)}${at}. Your press changes nothing.`;
  }
  return 'I know of no such request any more.';
}

/** Questions about approvals that change nothing. */
export function createApprovalLooks(db: Sqlite) {
  const find = db.prepare<[string], ApprovalRow>('select * from approval where id = ?');
  const newest = db.prepare<[number], ApprovalRow>('select * from approval order by seq desc limit ?');
  const pending = db.prepare<[number], ApprovalRow>("select * from approval where state = 'pending' order by seq desc limit ?");
  const due = db.prepare<[number, number], ApprovalRow>(
    "select * from approval where state = 'pending' and expires_at <= ? order by expires_at limit ?",
  );
  return {
    findApproval: (id: string): Approval | undefined => {
      const row = find.get(id);
      return row && toApproval(row);
    },
    listApprovals: (query: { readonly pending: boolean; readonly limit: number }): Approval[] =>
      (query.pending ? pending : newest).all(query.limit).map(toApproval),
    /** The events that end what nobody has decided in time: the same for everybody who looks. */
    expiring: (limit: number, now: number): Action[] =>
      due.all(now, limit).map((row) => ({
        type: 'action',
        ...{ adapter: row.adapter, tenant: row.tenant, conversationId: row.conversation_id },
        eventId: `approval.${row.id}.expired`,
        sentAt: row.expires_at,
        ...{ name: 'expire', value: row.id, author: { id: 'parley', name: 'Parley', isBot: true } },
        destination: JSON.parse(row.destination) as Destination, // written by commitTurn
      })),
  };
}

function toApproval(row: ApprovalRow): Approval {
  const { id, adapter, tenant, tool, title, state } = row;
  return {
    ...{ id, adapter, tenant, tool, title, state },
    arguments: row.arguments,
    conversationId: row.conversation_id,
    turnId: row.turn_id,
    asker: JSON.parse(row.asker) as Author, // written by commitTurn
    untrusted: row.untrusted === 1,
    destination: JSON.parse(row.destination) as Destination, // written by commitTurn
    askedAt: row.asked_at,
    expiresAt: row.expires_at,
    decision:
      row.decided_at === null
        ? undefined
        : { by: { id: row.decided_by ?? '', name: row.decided_name ?? '' }, at: row.decided_at, reason: row.reason ?? undefined },
  };
}
