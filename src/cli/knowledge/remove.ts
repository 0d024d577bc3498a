import { folderSource } from '../../config/knowledge.ts';
import { UsageError } from '../../errors.ts';
import { nameOf } from '../../knowledge/source.ts';
import { silentLog } from '../../log.ts';
import { loadSources } from '../../main/knowledge.ts';
import { countOf } from '../align.ts';
import type { Cli } from '../command.ts';
import { withLedger } from '../ledger.ts';
import { unknownSource } from './sync.ts';

/** The source first: from then on its documents are seen nowhere, whatever ends this. */
export async function removeSource(name: string, cli: Cli): Promise<void> {
  await withLedger(cli, async (store, config) => {
    const isConfigured = name === folderSource || Object.hasOwn(config.knowledge.sources, name);
    if (isConfigured)
      throw new UsageError(
        `${name} stands in the configuration: remove knowledge.${name === folderSource ? '' : 'sources.'}${name} there.`,
      );
    const isKnown = await store.removeSource(name);
    const documents = (await store.listDocuments()).filter(({ collection }) => nameOf(collection) === name);
    if (!isKnown && documents.length === 0)
      throw new UsageError(await unknownSource(name, () => loadSources(config, { store, log: silentLog })));
    for (const { collection, source } of documents) await store.removeDocument({ collection, source });
    cli.stdout.write(`Removed ${name}: ${countOf(documents.length, 'document')}.\n`);
  });
}
