import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { SourceVerification } from '../../verification.ts';
import { UsageError } from '../../errors.ts';
import type { Cli } from '../command.ts';
import { askPerson, type Ask } from './ask.ts';
import { toPresetSettings } from './add-preset.ts';
import { setAt, type NewSecret } from './new-source.ts';
import { makeSecret, toSecretVariable } from './secrets.ts';

export interface AddOptions {
  readonly preset?: string;
  readonly with?: readonly string[];
  readonly scheme?: string;
  readonly conversation?: string;
  readonly text?: string;
  readonly author?: string;
  readonly callback?: string;
  readonly set?: readonly string[];
  readonly yes?: boolean;
  /** In place of the terminal. */
  readonly ask?: Ask;
}

/**
 * Writes the source into parley.yaml, whose comments and order stay, and new secrets into .env. What comes out is read as at a start: where that
 * fails both files are as they were, and the reason is told.
 */
export async function addSource(name: string, { ask, ...options }: AddOptions, cli: Cli): Promise<void> {
  if (!/^[a-z0-9-]+$/.test(name))
    throw new UsageError(`A source is named by a-z, 0-9 and -, unlike "${name.slice(0, 64)}". Example: tickets`);
  const { config, paths } = await cli.loadConfig();
  if (config.webhooks[name]) throw new UsageError(`There is a source "${name}" already. Change it in ${paths.yaml}.`);
  const person = ask ?? askPerson(options);
  const settings =
    options.preset === undefined
      ? toSettings(name, await complete(options, person))
      : await toPresetSettings(name, { ...options, preset: options.preset }, person);
  const [yaml, env] = [readText(paths.yaml), readText(paths.env)];
  const document = parseDocument(yaml ?? '');
  document.setIn(['webhooks', name], document.createNode(settings.source));
  const added = settings.secrets.filter(({ variable }) => !new RegExp(`^(?:export )?${variable}=`, 'm').test(env ?? ''));
  try {
    writeFileSync(paths.yaml, document.toString({ lineWidth: 0 }));
    if (added.length > 0) writeFileSync(paths.env, appendTo(env ?? '', added), { mode: 0o600 });
    await cli.loadConfig();
  } catch (error) {
    restore(paths.yaml, yaml);
    restore(paths.env, env);
    throw error;
  }
  tell(name, { path: paths.yaml, added: added.map(({ variable }) => variable) }, cli);
}

/** What was not given is asked, where somebody is there to answer. */
async function complete(options: AddOptions, ask: Ask | undefined): Promise<AddOptions> {
  if (!ask) return options;
  const given = new Set((options.set ?? []).map((entry) => entry.split('=', 1)[0]));
  const scheme =
    options.scheme ??
    ((await ask('How does it prove where requests come from (standard, hmac, publicKey, jwt, bearer, ...)?', 'standard')) ||
      undefined);
  const set = [...(options.set ?? [])];
  for (const [key, question] of questionsOf[scheme ?? ''] ?? []) {
    const answer = given.has(key) ? '' : await ask(question, '');
    if (answer !== '') set.push(`${key}=${answer}`);
  }
  return {
    ...options,
    scheme: scheme ?? 'standard',
    set,
    conversation:
      options.conversation ?? (await ask('Where in the body is what belongs to one conversation?', '{{conversation}}')),
    text: options.text ?? (await ask('And what was said?', '{{text}}')),
    callback: options.callback ?? (await ask('Where shall answers be sent to (nowhere, if left empty)?', '')),
  };
}

const questionsOf: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  hmac: [
    ['verify.header', 'Which header carries the signature?'],
    ['verify.prefix', 'What stands before it there, like sha256= (nothing, if left empty)?'],
  ],
  publicKey: [
    ['verify.publicKey', 'What is the public key of the sender?'],
    ['verify.header', 'Which header carries the signature?'],
  ],
  basic: [['verify.username', 'By which name does it log in?']],
};

function toSettings(name: string, options: AddOptions): { source: object; secrets: readonly NewSecret[] } {
  const { conversation, text, author, callback } = options;
  const scheme = (options.scheme ?? 'standard') as SourceVerification['scheme']; // Another one is refused when the file is read.
  const verify: Record<string, unknown> = { scheme };
  const source: Record<string, unknown> = { verify };
  const templates = { conversation, text, author };
  for (const [key, value] of Object.entries(templates)) if (value) source[key] = value;
  const variable = toSecretVariable(name);
  const secrets: NewSecret[] = [];
  if (callback) {
    const callbackVariable = variable.replace(/_SECRET$/, '_CALLBACK_SECRET');
    secrets.push({ variable: callbackVariable, value: makeSecret('standard') });
    source['callback'] = { url: callback, secret: `\${${callbackVariable}}` };
  }
  for (const entry of options.set ?? []) setAt(source, entry);
  const hasProof = ['secret', 'secrets', 'publicKey', 'publicKeys', 'jwksUrl', 'identities'].some((key) => key in verify);
  if (!hasProof && scheme !== 'publicKey' && scheme !== 'mtls') {
    secrets.push({ variable, value: makeSecret(scheme) });
    verify['secret'] = `\${${variable}}`;
  }
  return { source, secrets };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function restore(path: string, text: string | undefined): void {
  if (text === undefined) rmSync(path, { force: true });
  else writeFileSync(path, text);
}

function appendTo(env: string, secrets: readonly NewSecret[]): string {
  const start = env === '' || env.endsWith('\n') ? env : `${env}\n`;
  return start + secrets.map(({ variable, value }) => `${variable}=${value}\n`).join('');
}

function tell(name: string, { path, added }: { path: string; added: readonly string[] }, cli: Cli): void {
  cli.stdout.write(`${name} is written to ${path}.\n`);
  const secrets = added.length > 0 ? `\nNew in .env, for the sender to know: ${added.join(', ')}` : '';
  cli.stderr.write(`${secrets}
Start Parley anew. Then the sender posts to /webhooks/${name}; see what becomes of a payload with:
  npx parley webhook try ${name} payload.json
`);
}
