import assert from 'node:assert/strict';

/** Polls the status of a webhook's event, as docs/webhooks.md describes it, until it is settled: `answered`, `failed` and so on. */
export async function untilSettled(url: string): Promise<string> {
  for (;;) {
    const { status } = (await (await fetch(url)).json()) as { status: string }; // What docs/webhooks.md says.
    if (!['accepted', 'waiting', 'running', 'delivering'].includes(status)) return status;
    await new Promise(setImmediate);
  }
}

/** Where the status of what a webhook has accepted is to be asked for, below the address of Parley. */
export async function statusUrlOf(response: Response): Promise<string> {
  assert.equal(response.status, 202);
  return ((await response.json()) as { statusUrl: string }).statusUrl; // What docs/webhooks.md says.
}
