import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openMemoryDatabase, type Sqlite } from '../../../src/store/sqlite/database.ts';
import { createUseCases } from '../../../src/store/sqlite/use-cases.ts';

/** Statements that may read a whole table: a person asks them, or a start. */
const rare = [
  /from dead_letter/, // lists for a person
  /from conversation\s+where adapter = \?/, // where a back-fill starts
  /from (inbox|outbox|turn t) order by (t\.)?seq$/, // clearing out: stops at the first row that is too young
  /from feedback where at >= \? group by/, // figures, for a person
  /^select \(select count/, // figures: count by an index
  /and lease_owner = coalesce\(@owner/, // a start or a stop: all that is unsettled
  /^update (inbox|outbox|approval) indexed by .* and adapter = \? and tenant = \?/, // an uninstallation: all that is unsettled
  /(from|into) document/,
  /from webhook_(delivery|refusal)/, // a list for a person, and clearing out
  /indexed by inbox_overheard/, // what people said to each other in the last hours
  /from place_change where (adapter = \? order|seq in)/, // a start, or a person
  /from approval (where state = 'pending' )?order by seq desc/, // a list for a person
  /from usage where/, // a person asks
  /^(select turn from|update) usage_progress/, // has one row
  /from turn where model is not null/, // backwards from the newest, to the first that asked a model
  /from limit_hold h cross join|delete from limit_hold where not exists/, // has a row for each running turn
  /from limit_use where scope = @scope and day >= @day group by/, // a person asks
  /from knowledge_(source|sync)/, // as many as there are sources of documents
  /from knowledge_gap/, // a thousand rows at most, when nothing was found or a person asks
  /from fact\s+where|update fact set used_at/, // a hundred facts of one person, or an operator's list
  /^update (inbox|feedback|webhook_delivery|approval) .*(author_id = @person|asked_at >= @since)/s, // a person is forgotten
  /from inbox where adapter = @adapter and tenant = @tenant and author_id = @person|from turn where conversation_id in/, // a person is forgotten
  /min\(m.turn\) as turn from message m/, // a person is forgotten
  /from passage where/, // FTS5 has an index of its own
  /^select id from passage_vector where model/, // a start, or documents that have changed: reads an index
  /(from|join) passage p\b/, // by its rowid
];

describe('the statements of the ledger', () => {
  it('find their rows by an index, however large the tables grow', () => {
    const scans = prepareAll()
      .filter(({ sql }) => !rare.some((pattern) => pattern.test(sql)))
      .flatMap(({ sql, plan }) => plan.filter((step) => /^SCAN|TEMP B-TREE/.test(step)).map((step) => `${step}: ${sql}`));

    assert.deepEqual(scans, []);
  });

  it('walk the index that was made for them', () => {
    const expected: [RegExp, RegExp][] = [
      [/from inbox where adapter = \? and tenant/, /INDEX inbox_key \(adapter=\? AND tenant=\? AND event_id=\?\)/],
      [/from conversation where wake_at <= \?/, /INDEX conversation_wake \(wake_at<\?\)/],
      [/payload.* from inbox\s+where conversation_id = \+\? and state/, /INDEX inbox_waiting \(conversation_id=\?\)/],
      [/from outbox where adapter = 'webhook' and substr/, /INDEX outbox_beginning \(<expr>=\?\)/],
      [/from outbox where adapter = 'webhook' and json_extract/, /INDEX outbox_receipt \(<expr>=\?\)/],
      [/from inbox where limited_in/, /INDEX inbox_limited \(limited_in=\? AND accepted_at>\?\)/],
      [/from inbox where .* and \(sent_at > \?/, /INDEX inbox_overheard \(conversation_id=\?\)$/],
      [/from message where conversation_id = \+\? and seq/, /INDEX message_conversation \(conversation_id=\? AND rowid>\?\)/],
      [/from outbox o where next_at <= \?/, /INDEX outbox_due \(next_at<\?\)/],
      [/from outbox where conversation_id = \+\?/, /INDEX outbox_conversation \(conversation_id=\?\)/],
      [/select 1 as found from outbox/, /INDEX outbox_conversation \(conversation_id=\?\)/],
      [/update outbox set state = 'sent'/, /INTEGER PRIMARY KEY/],
    ];
    const statements = prepareAll();

    for (const [query, step] of expected) {
      const found = statements.filter(({ sql }) => query.test(sql));
      assert.ok(found.length > 0, `no statement like ${query}`);
      for (const { plan } of found) assert.match(plan.join('; '), step);
    }
  });

  // SQLite plans such a statement anew each time that it is run, which takes ten times as long as running it.
  it('of the hot path hide their parameters from the planner where they are ordered or limited', () => {
    const hot = prepareAll().filter(({ sql }) => /(\+\?|from outbox o)/.test(sql));
    const bare = hot.filter(({ sql }) => /conversation_id = \?|limit \?/.test(sql));

    assert.ok(hot.length >= 5);
    assert.deepEqual(
      bare.map(({ sql }) => sql),
      [],
    );
  });
});

interface Statement {
  readonly sql: string;
  readonly plan: readonly string[];
}

/** Every statement that the store prepares, as it prepares them, with SQLite's plan for it. */
function prepareAll(): Statement[] {
  const { db, close } = openMemoryDatabase();
  const statements: string[] = [];
  createUseCases(
    new Proxy(db, {
      get: (target, key) => {
        if (key !== 'prepare') return Reflect.get(target, key, target);
        return (sql: string) => {
          statements.push(sql);
          return target.prepare(sql);
        };
      },
    }),
  );
  const planned = statements.map((sql) => ({ sql: sql.replaceAll(/\s+/g, ' '), plan: planOf(db, sql) }));
  close();
  return planned;
}

function planOf(db: Sqlite, sql: string): string[] {
  // The plan does not depend on the values: null stands in for them.
  const rows = db.prepare<[], { detail: string }>(`explain query plan ${sql.replaceAll(/\?|@\w+/g, 'null')}`).all();
  return rows.map(({ detail }) => detail);
}
