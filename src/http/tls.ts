import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../clock.ts';
import { ConfigError, describeError } from '../errors.ts';
import type { Log } from '../log.ts';

/** Paths of files in PEM. */
export interface TlsFiles {
  /** The server's certificate, and those that lead to its authority. */
  readonly cert: string;
  readonly key: string;
  /** Whose client certificates are good; without it none is asked for. */
  readonly clientCa?: string | undefined;
}

export interface TlsContents {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** Throws a ConfigError that names the setting. */
export function loadTls(files: TlsFiles): TlsContents {
  const read = (name: keyof TlsFiles): string => {
    try {
      return readFileSync(files[name] ?? '', 'utf8');
    } catch (error) {
      throw unreadable(name, files, error);
    }
  };
  const contents = { cert: read('cert'), key: read('key'), ...(files.clientCa === undefined ? {} : { ca: read('clientCa') }) };
  check(contents, files);
  return contents;
}

export interface TlsWatchOptions {
  readonly files: TlsFiles;
  readonly contents: TlsContents;
  readonly clock: Clock;
  readonly log: Log;
  /** New connections get these; those that are open stay as they are. */
  readonly onChange: (contents: TlsContents) => void;
}

/** By content: what renews certificates often exchanges links, and leaves the times of files as they were. */
const lookEveryMs = 10_000;

/** Looks for changed files until it is stopped. What cannot be used (the one file is there, the other not yet) changes nothing, and is told of once. */
export function watchTls({ files, contents, clock, log, onChange }: TlsWatchOptions): () => void {
  let last = JSON.stringify(contents);
  let isStopped = false;
  let cancel = clock.after(lookEveryMs, look);

  function look(): void {
    void reload().finally(() => {
      if (!isStopped) cancel = clock.after(lookEveryMs, look);
    });
  }

  async function reload(): Promise<void> {
    try {
      const [cert, key, ca] = await Promise.all(
        [files.cert, files.key, files.clientCa].map(async (path) => (path === undefined ? undefined : readFile(path, 'utf8'))),
      );
      const found = { cert: cert ?? '', key: key ?? '', ...(ca === undefined ? {} : { ca }) };
      const text = JSON.stringify(found);
      if (text === last || isStopped) return;
      last = text;
      check(found, files);
      onChange(found);
      log.info('certificates reloaded', { cert: files.cert, validTo: new X509Certificate(found.cert).validTo });
    } catch (error) {
      const problem = describeError(error);
      if (last !== problem) log.error('certificates not reloaded: the old ones stay', { error: problem });
      // A problem with the contents is remembered by those; one with reading them by itself.
      if (!(error instanceof ConfigError)) last = problem;
    }
  }

  return () => {
    isStopped = true;
    cancel();
  };
}

function check({ cert, key, ca }: TlsContents, files: TlsFiles): void {
  const certificate = parse('cert', files, () => new X509Certificate(cert));
  const privateKey = parse('key', files, () => createPrivateKey(key));
  if (ca !== undefined) parse('clientCa', files, () => new X509Certificate(ca));
  if (!certificate.checkPrivateKey(privateKey))
    throw new ConfigError([
      `server.tls.key: ${files.key} is not the key of the certificate in ${files.cert}. Set the two files that belong together`,
    ]);
  parse('cert', files, () => createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) }));
}

function parse<Result>(name: keyof TlsFiles, files: TlsFiles, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const what = name === 'key' ? 'private key without a passphrase' : 'certificate';
    const example = name === 'key' ? 'PRIVATE KEY' : 'CERTIFICATE';
    throw new ConfigError([
      `server.tls.${name}: ${files[name]} holds no ${what} in PEM (${describeError(error)}). It begins with -----BEGIN ${example}-----`,
    ]);
  }
}

function unreadable(name: keyof TlsFiles, files: TlsFiles, error: unknown): ConfigError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : describeError(error);
  return new ConfigError([
    `server.tls.${name}: ${files[name]} cannot be read (${code}). Set the path of a file that the user of Parley may read`,
  ]);
}
