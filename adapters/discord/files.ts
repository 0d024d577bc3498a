import type { Adapter } from '../../src/adapter.ts';
import { download } from '../../src/download.ts';
import { FileError } from '../../src/errors.ts';

/** Discord's own hosts for files. They ask for no credential; their addresses are signed, and expire after a day. */
const fileOrigins = ['https://cdn.discordapp.com', 'https://media.discordapp.net'];

export interface FileFetcherOptions {
  readonly apiUrl?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
}

export function createFileFetcher({ apiUrl, fetch = globalThis.fetch }: FileFetcherOptions): NonNullable<Adapter['download']> {
  const origins = apiUrl === undefined || isDiscord(apiUrl) ? fileOrigins : [...fileOrigins, new URL(apiUrl).origin];
  return async ({ attachment: { url }, maxBytes }, signal) => {
    if (url === undefined) throw new FileError({ message: 'Discord does not say where it is' });
    return (await download({ url, origins, maxBytes, fetch }, signal)).bytes;
  };
}

function isDiscord(apiUrl: string): boolean {
  return /(?:^|\.)discord(?:app)?\.com$/.test(new URL(apiUrl).hostname);
}
