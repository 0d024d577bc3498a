import type { InboundEvent } from '../../message.ts';
import { isPartOf, isTelling, saysTheSame, toBare } from '../../own-message.ts';
import type { Sqlite } from './database.ts';

interface Sent {
  readonly id: string;
  readonly text: string;
}

const dayMs = 24 * 60 * 60_000;
/** As in the index: see 0012_own_messages.sql. */
const beginning = 48;
const maxAlike = 20;

/**
 * Why an event is a message of ours that has come back, if it is one. Looked up among the parts of answers, which are there before any of
 * them is sent: a platform may tell of a comment before it has confirmed it to us.
 */
export function createOwnMessages(db: Sqlite): (event: InboundEvent, now: number) => string | undefined {
  const findById = db.prepare<[string], Sent>('select id, text from outbox where id = ?');
  const findByReceipt = db.prepare<[string], Sent>(
    `select id, text from outbox where adapter = 'webhook' and json_extract(receipt, '$.id') <> id and json_extract(receipt, '$.id') = ?`,
  );
  const findByText = db.prepare<[string, number, number], Sent>(
    `select id, text from outbox where adapter = 'webhook' and substr(text, 1, ${beginning}) = +? and created_at > +? limit +?`,
  );

  return (event, now) => {
    const own = event.type === 'message' ? event.own : undefined;
    if (!own) return undefined;
    if (own.sure !== undefined) return own.sure;
    const byId = own.ids.map((id) => findById.get(id) ?? findByReceipt.get(id)).find((sent) => sent !== undefined);
    if (byId) return `own message: its id is that of ${byId.id}`;
    for (const { text, sent } of marked(own.marks, own.texts)) {
      if (sent && isPartOf(text, sent.text)) return `own message: it bears the mark of ${sent.id}`;
    }
    for (const text of own.texts.filter(isTelling)) {
      const alike = findByText.all(toBeginning(text), now - dayMs, maxAlike);
      const same = alike.find((sent) => saysTheSame(text, sent.text));
      if (same) return `own message: it says what ${same.id} says`;
    }
    return undefined;
  };

  function marked(marks: readonly string[], texts: readonly string[]) {
    return marks.flatMap((id) => {
      const sent = findById.get(id);
      return texts.filter((text) => toBare(text) !== text.trim()).map((text) => ({ text, sent }));
    });
  }
}

/** SQLite counts characters where JavaScript counts UTF-16 units. */
function toBeginning(text: string): string {
  return Array.from(toBare(text).slice(0, 2 * beginning))
    .slice(0, beginning)
    .join('');
}
