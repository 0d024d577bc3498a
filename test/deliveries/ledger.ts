import Database from 'better-sqlite3';

/** What the ledger of a Parley that has stopped says about so many accepted events, where it is not what it should be. */
export function checkLedger(file: string, accepted: number): string[] {
  const db = new Database(file, { readonly: true });
  try {
    const count = (sql: string): number => Number(db.prepare(sql).pluck().get());
    const expected: readonly (readonly [string, number, number])[] = [
      ['events in the ledger', count('select count(*) from inbox'), accepted],
      ['events with the verdict answered', count("select count(*) from inbox where verdict = 'answered'"), accepted],
      ['parts that were not sent', count("select count(*) from outbox where state <> 'sent'"), 0],
      ['dead letters', count('select count(*) from dead_letter'), 0],
    ];
    return expected.flatMap(([what, is, should]) => (is === should ? [] : [`${what}: ${is}, and not ${should}`]));
  } finally {
    db.close();
  }
}
