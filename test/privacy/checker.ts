import assert from 'node:assert/strict';
import type { ModelRequest } from '../../src/model/model.ts';
import type { Sqlite } from '../../src/store/sqlite/database.ts';
import { mayCross, type Person, type Room } from './world.ts';

/** One secret: who said it, where, in which message. */
interface Said extends Person {
  readonly secret: string;
  readonly room: Room;
  readonly messageId: string;
  /** As in Viewed. */
  readonly at: number;
  /** Deleted or edited away: nothing may be told of it where it is not known already. */
  gone: boolean;
  /** Its author was forgotten since. */
  forgotten: boolean;
}

interface Viewed {
  readonly room: Room;
  /** Id of who is answered; undefined where nobody is. */
  readonly asker: string | undefined;
  /** Counts events, in the order in which they came. */
  readonly at: number;
}

export interface Checker {
  /** Somebody says this, in an event of this id. */
  said(room: Room, of: { person: string; messageId: string; eventId: string; secrets: readonly string[] }): void;
  /** A command, which says nothing. */
  commanded(room: Room, of: { person: string; eventId: string }): void;
  gone(messageId: string): void;
  /** What this event has made forgotten. */
  forgottenBy(eventId: string): readonly string[];
  /** Every text that reached the model. */
  request(request: ModelRequest): void;
  /** Every text that was sent. */
  sent(message: { readonly conversationId: string; readonly inReplyTo: string; readonly text: string }): void;
  /** How many secrets were told in a conversation in which they had not been said: proof that walls have doors. */
  readonly crossings: number;
}

export const secretsIn = (text: string): readonly string[] => [...new Set(text.match(/sec\d+x/g) ?? [])];
export const isSummary = ({ system }: ModelRequest): boolean => system.startsWith('You keep the memory of a conversation.');
export const textOf = ({ system, messages }: ModelRequest): string =>
  [system, ...messages.flatMap(({ text, calls = [] }) => [text, ...calls.map((call) => call.arguments)])].join('\n');

export function createChecker(rooms: readonly Room[]): Checker {
  const secrets = new Map<string, Said>();
  const events = new Map<string, Viewed>();
  /** By conversation: what has been said or told there since the last reset, and when. */
  const known = new Map<string, Map<string, number>>(rooms.map(({ conversationId }) => [conversationId, new Map()]));
  /** By event. */
  const forgotten = new Map<string, readonly string[]>();
  let crossings = 0;

  function reset({ conversationId }: Room, at: number): void {
    const here = known.get(conversationId) ?? assert.fail();
    for (const [secret, when] of here) if (when <= at) here.delete(secret);
  }

  /** What was said after the wish is said anew. Whoever writes tickets is forgotten in that ticket alone. */
  function forget({ room, asker, at: wishedAt }: Viewed): readonly string[] {
    const theirs = [...secrets.values()].filter(
      ({ id, room: other, at }) =>
        at <= wishedAt &&
        id === asker &&
        other.tenant === room.tenant &&
        other.adapter === room.adapter &&
        (room.adapter !== 'webhook' || other === room),
    );
    for (const each of theirs) each.forgotten = true;
    return theirs.map(({ secret }) => secret);
  }

  function check(text: string, { room, asker }: Omit<Viewed, 'at'>, what: string): void {
    const here = known.get(room.conversationId) ?? assert.fail();
    for (const secret of secretsIn(text)) {
      const of = secrets.get(secret) ?? assert.fail(`${secret} was said by nobody`);
      const told = `${what} in ${room.conversationId} for ${asker}: ${secret}, said by ${of.id} in ${of.room.conversationId}`;
      assert.ok(!of.forgotten, `${told}, who was forgotten`);
      assert.ok(mayCross(of.room, room), `${told}, which is behind a wall`);
      if (here.has(secret)) continue;
      assert.ok(of.id === asker, `${told}, is told to another person`);
      assert.ok(!of.gone, `${told}, was deleted`);
      crossings += 1;
      here.set(secret, events.size);
    }
  }

  return {
    said: (room, { person, messageId, eventId, secrets: told }) => {
      events.set(eventId, { room, asker: person, at: events.size });
      for (const secret of told) {
        const { adapter, tenant } = room;
        secrets.set(secret, {
          adapter,
          tenant,
          id: person,
          secret,
          room,
          messageId,
          at: events.size,
          gone: false,
          forgotten: false,
        });
        known.get(room.conversationId)?.set(secret, events.size);
      }
    },
    commanded: (room, { person, eventId }) => void events.set(eventId, { room, asker: person, at: events.size }),
    gone: (messageId) => {
      for (const each of secrets.values()) if (each.messageId === messageId) each.gone = true;
    },
    forgottenBy: (eventId) => forgotten.get(eventId) ?? assert.fail(`nobody was told that ${eventId} is done`),
    request: (request) => {
      const text = textOf(request);
      // The newest question names its event; a summary is made of what was said in one conversation, by nobody's asking.
      const eventId = text.match(/\bq\d+q/g)?.at(-1);
      const viewed = eventId === undefined ? undefined : events.get(eventId);
      assert.ok(viewed || secretsIn(text).length === 0, `nobody knows where this was asked: ${text}`);
      if (viewed)
        check(text, isSummary(request) ? { ...viewed, asker: undefined } : viewed, isSummary(request) ? 'summed up' : 'asked');
    },
    sent: ({ conversationId, inReplyTo, text }) => {
      const viewed = events.get(inReplyTo);
      const room = rooms.find((each) => each.conversationId === conversationId) ?? assert.fail(conversationId);
      check(text, { room, asker: viewed?.asker }, 'sent');
      if (text.startsWith('Done. I start afresh')) reset(room, viewed?.at ?? 0);
      if (text.startsWith('Done. I have erased')) forgotten.set(inReplyTo, viewed ? forget(viewed) : []);
    },
    get crossings() {
      return crossings;
    },
  };
}

/** Looks into every text of every row. */
export function findInLedger(db: Sqlite, secrets: readonly string[]): readonly string[] {
  const tables = db
    .prepare<[], string>("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
    .pluck()
    .all();
  return tables.flatMap((table) =>
    (db.prepare(`select * from ${table}`).all() as Record<string, unknown>[]).flatMap((row) => {
      const text = JSON.stringify(row);
      return secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${table}: ${text}`);
    }),
  );
}

/** What people have said and what is remembered of them, but for this person, in one conversation or in the tenant. */
export function listOthers(db: Sqlite, { adapter, tenant, id }: Person, onlyIn: string | null): readonly string[] {
  const rows = db
    .prepare(
      `select m.seq, m.conversation_id, m.author_id, m.text from message m join conversation c on c.id = m.conversation_id
       where m.role = 'user' and not (c.adapter = @adapter and c.tenant = @tenant and m.author_id = @id and c.id = coalesce(@onlyIn, c.id))
       union all select seq, place, adapter || tenant || person, text from fact
       where not (adapter = @adapter and tenant = @tenant and person = @id and conversation_id = coalesce(@onlyIn, conversation_id))`,
    )
    .all({ adapter, tenant, id, onlyIn });
  return rows.map((row) => JSON.stringify(row));
}
