import { createAction } from '../../../src/action/action.ts';
import type { Action, HttpAction } from '../../../src/http-action.ts';
import { createOutbound } from '../../../src/outbound.ts';
import assert from 'node:assert/strict';
import { DeliveryError } from '../../../src/errors.ts';
import { openCommentDesk } from '../../support/comment-desk.ts';
import type { CommentDesk, CommentDeskOptions } from '../../support/comment-desk.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { toLoopback } from '../../adapters/webhook/harness.ts';

export interface ActionHarness {
  readonly desk: CommentDesk;
  readonly clock: FakeClock;
  create(changes?: Partial<HttpAction>): Action;
}

export const hunter = 'hunter2-hunter2';

/** A desk, and replies to its ticket 7 by the product's way out. */
export async function withDesk(use: (harness: ActionHarness) => Promise<void>, options?: CommentDeskOptions): Promise<void> {
  await using desk = await openCommentDesk(options);
  const clock = createFakeClock();
  const outbound = createOutbound(toLoopback);
  const create = (changes: Partial<HttpAction> = {}): Action => {
    const action: HttpAction = {
      method: 'POST',
      url: `${desk.url}/tickets/{{conversation}}/comments`,
      body: { type: 'json', value: { comment: { body: '{{text}}', ref: '{{id}}', public: true } } },
      receipt: 'comment.id',
      timeoutMs: 5000,
      ...changes,
    };
    const fetch: typeof globalThis.fetch = (input, init) => outbound.fetchBy(action.tls)(input, init);
    return createAction(action, { fetch, clock, key: 'webhooks.desk.reply', kept: ['from'] });
  };
  try {
    await use({ desk, clock, create });
  } finally {
    await outbound.close();
  }
}

/** How it fails: with a DeliveryError that gives no secret away. */
export async function failureOf(work: Promise<unknown>): Promise<DeliveryError> {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (failure: unknown) => failure,
  );
  assert.ok(error instanceof DeliveryError, String(error));
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    assert.ok(!cause.message.includes(hunter), cause.message);
  return error;
}
