import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/**
 * Whose client certificate the connection was opened with, where it is one that server.tls.clientCa has issued: its fingerprint (SHA-256), its
 * subject and its alternative names, each as one text.
 */
export function readClientNames({ socket }: IncomingMessage): readonly string[] {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return [];
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return [];
  const { fingerprint256, subject, subjectAltName = '' } = certificate;
  const alternatives = subjectAltName.split(', ').filter((name) => name !== '' && !name.includes('"'));
  return [fingerprint256, subject.replaceAll('\n', ','), ...alternatives];
}
