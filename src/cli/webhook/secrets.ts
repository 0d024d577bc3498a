import { randomBytes } from 'node:crypto';
import { sharedSecrets } from '../../verification.ts';
import type { SourceVerification } from '../../verification.ts';
import { UsageError } from '../../errors.ts';
import type { Cli } from '../command.ts';
import { findSource } from './configured.ts';

/** A secret that the scheme takes, with 256 bits of chance. */
export function makeSecret(scheme: SourceVerification['scheme']): string {
  return scheme === 'standard' ? `whsec_${randomBytes(32).toString('base64')}` : randomBytes(32).toString('base64url');
}

/** Prints what to do, and changes nothing: the sender has to be told in between. */
export async function rotateSecret(name: string, cli: Cli): Promise<void> {
  const { config } = await cli.loadConfig();
  const { verify } = findSource(config, name);
  if (sharedSecrets(verify).length === 0) {
    throw new UsageError(
      `The source "${name}" shares no secret (scheme ${verify.scheme}): its sender makes the new key. Put it beside the old one in publicKeys or identities; keys of a jwksUrl change by themselves.`,
    );
  }
  const variable = toSecretVariable(name);
  cli.stdout.write(`${variable}_NEW=${makeSecret(verify.scheme)}\n`);
  cli.stderr.write(`
1. Put the line above into .env, or wherever your secrets are.
2. In parley.yaml accept both, the new one first, and start Parley anew:

   webhooks:
     ${name}:
       verify:
         secrets: ['\${${variable}_NEW}', '\${${variable}}']  # in place of secret; the second as it stands there now

3. Give the new secret to the sender. Which one it uses is seen in: parley webhook show ID (proved by secrets[0])
4. When nothing is proved by secrets[1] any more, leave the old one out.
`);
}

export function toSecretVariable(name: string): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_SECRET`;
}
