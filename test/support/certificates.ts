import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createFolder } from './store-folder.ts';

/** Certificates made by openssl for one test; they are gone after it. */
export interface Certificates {
  readonly folder: string;
  /** A certificate that has signed itself: for a server, or an authority. Returns the paths of its files. */
  issue(name: string): { readonly cert: string; readonly key: string };
  /** A client's, signed by an authority. */
  issueClient(name: string, by: string): { readonly cert: string; readonly key: string };
}

export function createCertificates(test: TestContext): Certificates {
  const folder = createFolder(test);
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const pathsOf = (name: string) => ({ cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) });
  return {
    folder,
    issue: (name) => {
      const files = pathsOf(name);
      const about = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2'];
      openssl('req', '-x509', ...newKey, ...about, '-keyout', files.key, '-out', files.cert);
      return files;
    },
    issueClient: (name, by) => {
      const files = pathsOf(name);
      const authority = pathsOf(by);
      openssl('req', ...newKey, '-subj', `/O=Desk/CN=${name}`, '-keyout', files.key, '-out', `${name}.csr`);
      const signing = ['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial', '-days', '2'];
      openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-out', files.cert);
      return files;
    },
  };
}

export function readPem(files: { readonly cert: string; readonly key: string }) {
  return { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
}
