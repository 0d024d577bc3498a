import type { StoredInstallation } from '../adapter.ts';

/**
 * Where an adapter's app has been installed. The store keeps what it is given and cannot read it: the adapter seals it first.
 *
 * An installation goes with an `uninstall` event of its tenant (`Store.accept`), and in the same commit whatever waits there ends:
 * questions are refused, answers that are under way are given up without a dead letter, running turns lose their lease, what was
 * overheard is cleared.
 */
export interface InstallationStore {
  /**
   * Saves an installation, in place of the one with the same id. With `replaces` only where that is what stands there, and as the same
   * installation, as old as it is: false when something else does, and then nothing has changed.
   */
  saveInstallation(installation: InstallationKey & InstallationData): Promise<boolean>;
  findInstallation(key: InstallationKey): Promise<StoredInstallation | undefined>;
  /** By id. */
  listInstallations(query: { readonly adapter: string }): Promise<readonly StoredInstallation[]>;
}

export interface InstallationKey {
  readonly adapter: string;
  readonly id: string;
}

export interface InstallationData {
  /** Opaque. */
  readonly data: string;
  readonly replaces?: string | undefined;
}

/** The reason in the verdict on what waited, and in the result of the event that ended it. */
export const appUninstalled = 'the app was uninstalled';
