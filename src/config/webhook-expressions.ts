import type { Conflict } from './conflict.ts';
import type { Settings } from './schema.ts';

type Source = Settings['webhooks'][string];

/** Whether every expression can be read. The languages are loaded only where there is one: it takes 50 ms. */
export async function findExpressionConflicts(webhooks: Settings['webhooks'] | undefined): Promise<Conflict[]> {
  const conflicts: Conflict[] = [];
  for (const [name, source] of Object.entries(webhooks ?? {})) {
    for (const key of expressionKeys) {
      const problem = await findProblem(source[key]);
      if (problem === undefined) continue;
      // `when` has its language as a setting of its own.
      const path = ['webhooks', name, key, ...(key === 'when' ? ['jsonata'] : [])];
      conflicts.push({ path, what: `cannot be used: ${problem}`, example: `${path.join('.')}: ${examples[key]}` });
    }
  }
  return conflicts;
}

const examples = {
  when: 'action = "created"',
  eventId: '{ jsonata: "event.id" }',
  conversation: '{ jsonata: "$string(ticket.id)" }',
  text: `{ jsonata: "ticket.subject & ': ' & comment.body" }`,
  author: '{ jsonata: "requester.name" }',
  authorId: '{ jsonata: "requester.id" }',
};

const expressionKeys = ['when', 'eventId', 'conversation', 'text', 'author', 'authorId'] as const;

async function findProblem(setting: Source[(typeof expressionKeys)[number]]): Promise<string | undefined> {
  if (typeof setting !== 'object') return undefined;
  try {
    if ('jsonata' in setting) (await import('../jsonata.ts')).checkJsonata(setting.jsonata);
    else (await import('../liquid.ts')).parseLiquid(setting.liquid);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
