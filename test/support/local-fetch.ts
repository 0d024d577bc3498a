import type { TestContext } from 'node:test';
import { openOutward } from '../../src/main/adapters.ts';

/** The way out of Parley, as it is where the settings let it reach these hosts; this machine if nothing else is said. */
export function localFetch(t: TestContext, allow: readonly string[] = ['127.0.0.1', 'localhost']): typeof fetch {
  const opened = openOutward({ outbound: { allow: [...allow] } })();
  t.after(() => opened.close());
  return opened.fetch;
}
