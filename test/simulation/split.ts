/** Into pieces of this length, the last one shorter. */
export function cutAt(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, part) => text.slice(part * length, (part + 1) * length));
}
