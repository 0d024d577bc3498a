import type { Sqlite } from './database.ts';
import { toGapKey } from './knowledge-gaps.ts';
import type { Spoken } from './spoken.ts';

/** Greetings and thanks, which the built-in model does not look up with a question. */
const mostBeside = 40;

interface Gap {
  readonly key: string;
  readonly words: string;
}

/**
 * Takes what a person has asked out of what was not found in the documents: by the words of the person, and by those with which a model has looked since.
 * Who has asked is not kept there, so each question counts once: what others have asked in the same words stays, as often as they did.
 */
export function createForgetGaps(db: Sqlite): (spoken: readonly Spoken[], person: string) => void {
  const list = db.prepare<[], string>('select key from knowledge_gap order by length(key) desc').pluck();
  const said = db
    .prepare<{ id: string; person: string }, string>(
      `select text from message where conversation_id = @id and author_id = @person and role = 'user'
       union all select text from inbox where conversation_id = @id and state = 'waiting' and author_id = @person`,
    )
    .pluck();
  const searched = db
    .prepare<{ id: string; since: number }, string>(
      `select arguments ->> '$.question' from tool_call
       where conversation_id = @id and at >= @since and tool = 'search_knowledge' and json_valid(arguments) and arguments ->> '$.question' is not null`,
    )
    .pluck();
  const lessen = db.prepare<[string]>('update knowledge_gap set count = count - 1 where key = ?');
  const remove = db.prepare<[string]>('delete from knowledge_gap where key = ? and count < 1');

  return (spoken, person) => {
    const gaps = list.all().map((key): Gap => ({ key, words: toPlain(key) }));
    if (gaps.length === 0) return;
    const texts = spoken.flatMap(({ id, since }) => [...said.all({ id, person }), ...searched.all({ id, since })]);
    for (const text of texts) {
      const key = findGap(gaps, text);
      if (key === undefined) continue;
      lessen.run(key);
      remove.run(key);
    }
  };
}

function findGap(gaps: readonly Gap[], text: string): string | undefined {
  const words = toPlain(toGapKey(text));
  return gaps.find(
    (gap) =>
      words.length >= gap.words.length &&
      words.length - gap.words.length <= mostBeside &&
      ` ${words} `.includes(` ${gap.words} `),
  )?.key;
}

/** Without the marks of letters, as the built-in model looks for what stands beside a greeting. */
function toPlain(key: string): string {
  return key.normalize('NFD').replaceAll(/\p{M}/gu, '');
}
