/** The file behind `sqlite:PATH`, `sqlite:///PATH` or `file:PATH`. */
export function sqlitePath(database: string): string {
  return database.replace(/^(?:sqlite|file):(?:\/\/(?=\/))?/, '');
}
