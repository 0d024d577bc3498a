import type { AdapterInstallations, StoredInstallation } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { SecretBox } from '../../src/secret-box.ts';
import type { Installation } from './installation.ts';

export interface InstallationsOptions {
  readonly box: SecretBox;
  readonly stored: AdapterInstallations;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

interface Known extends StoredInstallation {
  readonly installation: Installation;
}

const maxAttempts = 5;

/** All installations, opened, and their sealed copies in the ledger: what is looked up for every event must not cost a query. */
export class Installations {
  readonly #options: InstallationsOptions;
  readonly #known = new Map<string, Known>();
  readonly #unreadable = new Set<string>();

  constructor(options: InstallationsOptions) {
    this.#options = options;
  }

  /** Reads them all, and seals those anew that are under an old key. */
  async load(): Promise<void> {
    for (const row of await this.#options.stored.list()) {
      this.#take(row);
      if (this.#known.has(row.id) && !this.#options.box.isCurrent(row.data)) await this.change(row.id, (as) => ({ ...as }));
    }
  }

  get size(): number {
    return this.#known.size;
  }

  /** Ids of those that no key opens. */
  get unreadable(): readonly string[] {
    return [...this.#unreadable];
  }

  get(id: string): Installation | undefined {
    return this.#known.get(id)?.installation;
  }

  /** ms since 1970. */
  installedAt(id: string): number | undefined {
    return this.#known.get(id)?.installedAt;
  }

  /** The installation of this id, or of the organisation that this workspace is known to belong to. */
  find(id: string): Installation | undefined {
    const own = this.get(id);
    if (own) return own;
    for (const { installation } of this.#known.values()) if (installation.teams.includes(id)) return installation;
    return undefined;
  }

  /** In place of an earlier one; what other people have granted there stays. */
  async install(installation: Installation): Promise<void> {
    const { id } = installation;
    const before = this.get(id);
    const users = { ...before?.users, ...installation.users };
    const merged = { ...installation, users, teams: before?.teams ?? [] };
    const data = this.#seal(merged);
    await this.#options.stored.save({ id, data });
    this.#known.set(id, { id, data, installedAt: this.#options.clock.now(), installation: merged });
    this.#unreadable.delete(id);
  }

  /** Saves what `change` makes of the newest state, and returns that; undefined when it is gone. */
  async change(id: string, change: (current: Installation) => Installation): Promise<Installation | undefined> {
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const known = this.#known.get(id);
      if (!known) return undefined;
      const installation = change(known.installation);
      if (installation === known.installation) return installation;
      const data = this.#seal(installation);
      if (await this.#options.stored.save({ id, data, replaces: known.data })) {
        this.#known.set(id, { ...known, data, installation });
        return installation;
      }
      await this.reload(id); // Somebody else has changed or removed it.
    }
    throw new Error(`The installation ${id} changes faster than it can be saved.`);
  }

  /** What the ledger says now. */
  async reload(id: string): Promise<Installation | undefined> {
    const row = await this.#options.stored.find(id);
    if (row) this.#take(row);
    else this.#known.delete(id);
    return this.get(id);
  }

  #take(row: StoredInstallation): void {
    const { box, log } = this.#options;
    if (this.#known.get(row.id)?.data === row.data) return;
    try {
      const installation = JSON.parse(box.open(row.data, contextOf(row.id))) as Installation; // sealed by #seal
      this.#known.set(row.id, { ...row, installation });
      this.#unreadable.delete(row.id);
    } catch (error) {
      this.#known.delete(row.id);
      this.#unreadable.add(row.id);
      log.error(
        'slack installation cannot be read: put the key back into PARLEY_ENCRYPTION_KEYS, or install the app there again',
        {
          installation: row.id,
          error: describeError(error),
        },
      );
    }
  }

  #seal(installation: Installation): string {
    return this.#options.box.seal(JSON.stringify(installation), contextOf(installation.id));
  }
}

/** What binds the sealed text to its row. */
function contextOf(id: string): string {
  return `slack installation ${id}`;
}
