import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TLSSocket } from 'node:tls';
import { ConfigError } from '../../../src/errors.ts';
import { createHttpServer } from '../../../src/http/server.ts';
import { loadTls, type TlsFiles } from '../../../src/http/tls.ts';
import { createCertificates, type Certificates } from '../../support/certificates.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryLog } from '../../support/memory-log.ts';

const lookEveryMs = 10_000;

async function startServer(t: TestContext, tls: TlsFiles) {
  const clock = createFakeClock();
  const log = createMemoryLog();
  const readiness = async () => ({ ready: true, adapters: {}, store: { writable: true } });
  const server = createHttpServer({ host: '127.0.0.1', port: 0, log, clock, routers: [], readiness, tls });
  const { url } = await server.start();
  t.after(() => server.stop(AbortSignal.abort()));
  return { url, clock, log, server };
}

/** `name` is that in the certificate, or says that an open connection has served. */
function askFor(url: string, agent: Agent): Promise<{ readonly status: number | undefined; readonly name: string | undefined }> {
  return new Promise((resolve, reject) => {
    const asking = request(`${url}/healthz`, { agent, rejectUnauthorized: false }, (response) => {
      const name = response.socket instanceof TLSSocket ? response.socket.getPeerX509Certificate()?.subject : undefined;
      const status = response.statusCode;
      response.resume().on('end', () => resolve({ status, name: asking.reusedSocket ? 'the open connection' : name }));
    });
    asking.on('error', reject).end();
  });
}

function servedFiles(certificates: Certificates, from: string): TlsFiles {
  const files = { cert: join(certificates.folder, 'served.pem'), key: join(certificates.folder, 'served.key') };
  copyFileSync(join(certificates.folder, `${from}.pem`), files.cert);
  copyFileSync(join(certificates.folder, `${from}.key`), files.key);
  return files;
}

test('changed certificates are taken up for new connections, and open ones stay', async (t) => {
  const certificates = createCertificates(t);
  certificates.issue('first');
  certificates.issue('second');
  const { url, clock, log } = await startServer(t, servedFiles(certificates, 'first'));
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => kept.destroy());
  const before = await askFor(url, kept);

  servedFiles(certificates, 'second');
  while (!JSON.stringify(log).includes('certificates reloaded')) await clock.advance(lookEveryMs);

  assert.match(url, /^https:/);
  assert.deepEqual(before, { status: 200, name: 'CN=first' });
  assert.deepEqual(await askFor(url, kept), { status: 200, name: 'the open connection' });
  assert.deepEqual(await askFor(url, new Agent()), { status: 200, name: 'CN=second' });
});

test('files that do not belong together are not taken up, and that is said once', async (t) => {
  const certificates = createCertificates(t);
  certificates.issue('first');
  const { cert } = certificates.issue('second');
  const files = servedFiles(certificates, 'first');
  const { url, clock, log, server } = await startServer(t, files);
  const said = (): number => JSON.stringify(log).split('certificates not reloaded').length - 1;

  copyFileSync(cert, files.cert);
  while (said() === 0) await clock.advance(lookEveryMs);
  for (let look = 0; look < 5; look += 1) await clock.advance(lookEveryMs);

  assert.equal(said(), 1);
  assert.deepEqual(await askFor(url, new Agent()), { status: 200, name: 'CN=first' });
  await server.stop(AbortSignal.abort());
  assert.equal(clock.pending(), 0);
});

test('a file that cannot be used is named by its setting', (t) => {
  const certificates = createCertificates(t);
  const { cert, key } = certificates.issue('first');
  const other = certificates.issue('second');
  const empty = join(certificates.folder, 'empty.pem');
  writeFileSync(empty, 'nothing');

  const mistakes: readonly (readonly [TlsFiles, RegExp])[] = [
    [{ cert: '/nowhere.pem', key }, /^server\.tls\.cert: \/nowhere\.pem cannot be read \(ENOENT\)/],
    [{ cert, key: empty }, /^server\.tls\.key: .*empty\.pem holds no private key/],
    [{ cert: empty, key }, /^server\.tls\.cert: .*empty\.pem holds no certificate/],
    [{ cert, key: other.key }, /^server\.tls\.key: .*second\.key is not the key of the certificate/],
    [{ cert, key, clientCa: empty }, /^server\.tls\.clientCa: .*empty\.pem holds no certificate/],
  ];
  for (const [files, said] of mistakes) {
    assert.throws(
      () => loadTls(files),
      (error) => error instanceof ConfigError && said.test(error.problems[0] ?? '') && error.problems.length === 1,
      String(said),
    );
  }
});
