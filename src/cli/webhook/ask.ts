import { createInterface } from 'node:readline/promises';

/** Resolves with the answer, or with the proposal where there is none. */
export type Ask = (question: string, proposal: string) => Promise<string>;

/** Undefined where nobody is there, or nobody wants to be asked. */
export function askPerson({ yes }: { readonly yes?: boolean }): Ask | undefined {
  if (yes || !process.stdin.isTTY || !process.stdout.isTTY) return undefined;
  return async (question, proposal) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    try {
      const answer = await lines.question(`${question}${proposal && ` [${proposal}]`} `);
      return answer.trim() || proposal;
    } finally {
      lines.close();
    }
  };
}
