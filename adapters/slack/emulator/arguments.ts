/** Arguments as they came, by form or JSON: values of a form are texts. */
export type Args = Readonly<Record<string, unknown>>;

/** `{ok: false, error}` */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export type Method = (args: Args) => Readonly<Record<string, unknown>>;

export function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
