import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EmulatedAttachment } from './world.ts';

/** Where the files of messages are fetched from: without a credential, by addresses that nobody can guess. */
export interface Cdn {
  /** A file as somebody attaches it. Where the bytes are not those that Discord tells of, `size` is. */
  upload(
    filename: string,
    file: { readonly contentType: string; readonly content: Buffer; readonly size?: number },
  ): EmulatedAttachment;
  /** Whether it was asked for a file, and has answered. */
  serve(request: IncomingMessage, response: ServerResponse): boolean;
}

const folder = '/attachments/';

export function createCdn(address: { readonly port: number }): Cdn {
  const files = new Map<string, { readonly contentType: string; readonly content: Buffer }>();
  return {
    upload: (filename, { contentType, content, size = content.length }) => {
      const path = `${folder}${files.size + 1}/${encodeURIComponent(filename)}`;
      files.set(path, { contentType, content });
      return { filename, contentType, size, url: `http://127.0.0.1:${address.port}${path}` };
    },
    serve: ({ url = '', method }, response) => {
      if (!url.startsWith(folder)) return false;
      const file = method === 'GET' ? files.get(url) : undefined;
      if (file) response.writeHead(200, { 'content-type': file.contentType }).end(file.content);
      else response.writeHead(404, { 'content-type': 'text/plain' }).end('This content is no longer available.');
      return true;
    },
  };
}
