/** A file's name as it may stand in a line of text: no path, control or direction mark, markup or bracket; 80 characters at most. */
export function toFileName(name: string): string {
  const base = name.slice(-1_000).split(/[/\\]/).at(-1) ?? '';
  const clean = base
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s<>[\]"'`*_~|#@]+/gu, ' ')
    .trim()
    .replaceAll(/^\.+/g, '');
  if (clean.length <= 80) return clean.toWellFormed() || 'file';
  // What kind of file it is stands at the end.
  const extension = /\.\w{1,8}$/.exec(clean)?.[0] ?? '';
  return `${clean.slice(0, 79 - extension.length).toWellFormed()}…${extension}`;
}
