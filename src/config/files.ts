import { readFileSync, statSync } from 'node:fs';

/** What the configuration reads from disk, so that a test can stand in for it. */
export interface ConfigFiles {
  /** The text of a file and its permission bits; undefined where there is no such file. Throws when it cannot be read. */
  read(path: string): { readonly text: string; readonly mode: number } | undefined;
  isFolder(path: string): boolean;
}

export const diskFiles: ConfigFiles = {
  read: (path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats && { text: readFileSync(path, 'utf8'), mode: stats.mode & 0o777 };
  },
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
};
