/** Without this, whoever stops reading early (`parley doctor | head -1`) gets to see a stack. What the command does goes on. */
export function ignoreBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) stream.off('error', ignore).on('error', ignore);
}

function ignore(): void {
  // Nobody is there to tell.
}
