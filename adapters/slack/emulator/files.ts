import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRecord, Refusal, string } from './arguments.ts';
import type { Method } from './arguments.ts';
import { writableChannel } from './methods.ts';
import type { EmulatedFile, StoredFile, World } from './world.ts';

/** `files.*` as https://docs.slack.dev/messaging/working-with-files describes them. */
export function createFileMethods(world: World): Record<string, Method> {
  return {
    'files.info': (args) => {
      const file = world.files.get(string(args['file']));
      if (!file) throw new Refusal('file_not_found');
      return { file: toFileObject(world, file), comments: [] };
    },
    'files.getUploadURLExternal': (args) => {
      const name = string(args['filename']);
      const size = Number(args['length']);
      if (name === '' || !Number.isInteger(size) || size < 1) throw new Refusal('invalid_arguments');
      const file = world.addFile({ name, mimetype: 'text/plain', size, content: undefined });
      return { upload_url: `${world.filesUrl}/upload/v1/${file.id}`, file_id: file.id };
    },
    'files.completeUploadExternal': (args) => {
      const wanted = readList(args['files']);
      const files = wanted.map(({ id }) => world.files.get(string(id)));
      if (files.length === 0) throw new Refusal('invalid_arguments');
      const ready = files.filter((file) => file !== undefined && file.content !== undefined && !file.isShared);
      if (ready.length < files.length) throw new Refusal('file_not_found');
      const channel = writableChannel(world, { channel: args['channel_id'] });
      const threadTs = string(args['thread_ts']) || undefined;
      const shared = ready.filter((file) => file !== undefined);
      for (const file of shared) file.isShared = true;
      world.post({ channel, user: world.bot, text: string(args['initial_comment']), threadTs, files: shared });
      // The message appears by itself: it is not said here.
      return { files: shared.map(({ id, name }) => ({ id, title: name })) };
    },
    'files.delete': (args) => {
      const file = world.files.get(string(args['file']));
      if (!file) throw new Refusal('file_not_found');
      world.files.delete(file.id);
      for (const channel of world.channels.values())
        for (const message of channel.messages.values())
          if (message.files.some(({ id }) => id === file.id) && !message.deleted) world.remove(message);
      return {};
    },
  };
}

function readList(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  const list: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

/** A file as events and methods show it. In channels shared with another organisation events hold a stub. */
export function toFileObject({ filesUrl, teamId }: World, file: StoredFile): Readonly<Record<string, unknown>> {
  const { id, name, mimetype, size } = file;
  const address = `${filesUrl}/files-pri/${teamId}-${id}`;
  return {
    ...{ id, name, title: name, mimetype, size, mode: 'hosted', is_external: false, file_access: 'visible' },
    ...{ filetype: name.split('.').at(-1) ?? '', created: 0, timestamp: 0 },
    url_private: `${address}/${encodeURIComponent(name)}`,
    url_private_download: file.url ?? `${address}/download/${encodeURIComponent(name)}`,
  };
}

export function toFileStub({ id }: EmulatedFile): Readonly<Record<string, unknown>> {
  return { id, mode: 'file_access', file_access: 'check_file_info', created: 0, timestamp: 0 };
}

export interface FileServer {
  readonly world: World;
  /** Whether this token may read files. */
  mayRead(token: string): boolean;
}

/** What stands beside the Web API: private downloads and uploads. Tells whether the request was one of them. */
export function serveFile({ world, mayRead }: FileServer, request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname } = new URL(request.url ?? '/', 'http://emulator');
  const [, uploadId] = /^\/upload\/v1\/(\w+)$/.exec(pathname) ?? [];
  if (uploadId !== undefined) {
    void receiveUpload(world, uploadId, { request, response }).catch(() => response.destroy());
    return true;
  }
  const [, id] = /^\/files-pri\/\w+-(\w+)\/(?:download\/)?[^/]+$/.exec(pathname) ?? [];
  if (id === undefined) return false;
  const file = world.files.get(id);
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  world.downloads.push({ id, authorization: request.headers.authorization });
  // As Slack does: neither a status nor a redirect says that the file is not for this token.
  if (!mayRead(token)) response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(loginPage);
  else if (file?.content === undefined) response.writeHead(404).end();
  else if (file.fault === 'stall') response.writeHead(200, { 'content-type': file.mimetype }).write(file.content.subarray(0, 1));
  else if (file.fault) response.writeHead(302, { location: file.fault.redirect }).end();
  else response.writeHead(200, { 'content-type': file.mimetype }).end(file.content);
  return true;
}

const loginPage =
  '<!DOCTYPE html><html lang="en-US"><head><title>Sign in | Slack</title></head><body><form id="signin_form" data-slack></form></body></html>';

async function receiveUpload(
  world: World,
  id: string,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set, so chunks are buffers
  const content = Buffer.concat(chunks);
  const file = world.files.get(id);
  if (!file || file.content !== undefined || content.length !== file.size) {
    response.writeHead(400).end('upload refused');
    return;
  }
  file.content = content;
  response.writeHead(200).end(`OK - ${content.length}`);
}
