import { toWebhookSource } from '../../config/resolve-webhook.ts';
import type { Config } from '../../config.ts';
import { UsageError } from '../../errors.ts';

/** The source of this name, as the adapter takes it. Throws a UsageError that names those that there are. */
export function findSource({ webhooks }: Config, name: string) {
  const source = webhooks[name];
  if (source) return toWebhookSource(name, source);
  const known = Object.keys(webhooks);
  throw new UsageError(
    known.length > 0
      ? `There is no source "${name}" under \`webhooks:\` in parley.yaml. There are: ${known.join(', ')}.`
      : 'No webhooks are configured. Declare a source under `webhooks:` in parley.yaml; docs/webhooks.md shows how.',
  );
}
