/** Without this, whoever stops reading early (`parley doctor | head -1`) gets to see a stack. What the command does goes on. */
export function onBrokenPipe(task: () => void = () => undefined): void {
  process.stdout.on('error', task);
  process.stderr.on('error', () => undefined);
}
