import type { ConfigFiles } from '../../src/config/files.ts';

/** Where the files of `memoryFiles` lie. */
export const memoryFolder = '/srv/parley';

/** Files in memory, by their path in `memoryFolder`. */
export function memoryFiles(
  texts: Readonly<Record<string, string>>,
  options: { readonly modes?: Readonly<Record<string, number>>; readonly folders?: readonly string[] } = {},
): ConfigFiles {
  const nameOf = (path: string): string => (path.startsWith(`${memoryFolder}/`) ? path.slice(memoryFolder.length + 1) : path);
  return {
    read: (path) => {
      const text = texts[nameOf(path)];
      return text === undefined ? undefined : { text, mode: options.modes?.[nameOf(path)] ?? 0o600 };
    },
    isFolder: (path) => options.folders?.includes(nameOf(path)) ?? false,
  };
}
