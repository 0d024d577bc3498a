/**
 * Every error class of Parley. A class owns its `code`; `message` tells an operator what is wrong and how to mend it;
 * `publicMessage` is all that a person in a chat may see. Neither holds a secret.
 */
export abstract class ParleyError extends Error {
  abstract readonly code: string;
  readonly publicMessage: string = 'Something went wrong on my side.';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The configuration cannot be used. `problems` name the key, what is wrong with its value and an example. */
export class ConfigError extends ParleyError {
  readonly code = 'config';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** A command was called wrongly. */
export class UsageError extends ParleyError {
  readonly code = 'usage';
}

/** The store cannot be opened or has failed. */
export class StoreError extends ParleyError {
  readonly code = 'store';
}

/** Another Parley process holds the data folder. */
export class StoreLockedError extends ParleyError {
  readonly code = 'store_locked';

  constructor(folder: string) {
    super(
      `Another Parley is running on the data folder ${folder}. Stop it first, or give this one a folder of its own with PARLEY_DATA.`,
    );
  }
}

export interface ModelErrorData {
  readonly message: string;
  /** Whether asking again may help. */
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly publicMessage?: string | undefined;
  /** Whether it is this request that cannot be answered, while the model works. */
  readonly ofRequest?: boolean | undefined;
  /** Whether no other model is to be asked: the answer was withheld on purpose. */
  readonly isFinal?: boolean | undefined;
  readonly cause?: unknown;
}

/** The model gave no usable answer. */
export class ModelError extends ParleyError {
  readonly code = 'model';
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly ofRequest: boolean;
  readonly isFinal: boolean;
  override readonly publicMessage: string;

  constructor(data: ModelErrorData) {
    super(data.message, { cause: data.cause });
    this.retryable = data.retryable;
    this.retryAfterMs = data.retryAfterMs;
    this.ofRequest = data.ofRequest ?? false;
    this.isFinal = data.isFinal ?? false;
    this.publicMessage = data.publicMessage ?? 'I could not get an answer from the AI model.';
  }
}

/** A question could not be checked, so nothing of it may go on. */
export class UncheckedError extends ModelError {
  constructor({ message, publicMessage, retryable, retryAfterMs }: ModelError) {
    super({ message, publicMessage, retryable, retryAfterMs });
  }
}

export interface LimitErrorData {
  /** Its name: its key in the configuration. */
  readonly limit: string;
  /** When there is room again, in ms since 1970. */
  readonly resetsAt: number;
  /** Whether that has been said where it was asked. */
  readonly told: boolean;
  /** Whether there will be room then, or never for a question of this size. */
  readonly fits: boolean;
}

/** A limit on what may be asked, or on what answers may take, is reached. */
export class LimitError extends ParleyError {
  readonly code = 'limit';
  readonly limit: string;
  readonly resetsAt: number;
  readonly told: boolean;
  readonly fits: boolean;

  constructor({ limit, resetsAt, told, fits }: LimitErrorData) {
    const why = fits ? 'reached' : 'less than this question may take';
    super(`${limit}: the limit is ${why} (until ${new Date(resetsAt).toISOString()})`);
    this.limit = limit;
    this.resetsAt = resetsAt;
    this.told = told;
    this.fits = fits;
  }
}

export interface DeliveryErrorData {
  readonly message: string;
  /** Whether sending again may help. */
  readonly retryable: boolean;
  /** Whether the platform may show the message all the same: the response was lost, not the request. */
  readonly uncertain: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A message could not be handed to the platform. Thrown by `Adapter.send` and `Adapter.find`. */
export class DeliveryError extends ParleyError {
  readonly code = 'delivery';
  readonly retryable: boolean;
  readonly uncertain: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(data: DeliveryErrorData) {
    super(data.message, { cause: data.cause });
    this.retryable = data.retryable;
    this.uncertain = data.uncertain;
    this.retryAfterMs = data.retryAfterMs;
  }
}

/** The same failure, with another word on whether something may stand there now. */
export function withUncertainty(cause: DeliveryError, uncertain: boolean): DeliveryError {
  const { message, retryable, retryAfterMs } = cause;
  return new DeliveryError({ message, retryable, uncertain, retryAfterMs, cause });
}

export interface AddressErrorData {
  /** As it stands in the URL. */
  readonly host: string;
  readonly address: string;
  /** `private`, `link-local` or `special`. */
  readonly kind: string;
}

/** A request was not made, because its address is none of the public internet and nobody has allowed it. */
export class AddressError extends ParleyError {
  readonly code = 'address';
  readonly host: string;
  readonly address: string;
  readonly kind: string;

  constructor({ host, address, kind }: AddressErrorData) {
    const subject = host === address ? address : `${host} has the address ${address}, which`;
    super(`${subject} is ${kind === 'special' ? 'of no public use' : kind}, and outbound.allow does not name it.`);
    this.host = host;
    this.address = address;
    this.kind = kind;
  }
}

export interface FileErrorData {
  /** Completes "it was not read: ...", for people too. */
  readonly message: string;
  /** Whether trying again at once may help. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** A file that came with a message cannot be fetched or read. */
export class FileError extends ParleyError {
  readonly code = 'file';
  readonly retryable: boolean;

  constructor({ message, retryable = false, cause }: FileErrorData) {
    super(message, { cause });
    this.retryable = retryable;
  }
}

/** An adapter cannot start or has lost its platform for good, for example because a credential is refused. */
export class AdapterError extends ParleyError {
  readonly code = 'adapter';
}

/** A tool could not do what it was asked for. The message is for the model, and people may see it. */
export class ToolError extends ParleyError {
  readonly code = 'tool';
}

/** A sealed secret does not open, or there is no key to seal with. */
export class SecretBoxError extends ParleyError {
  readonly code = 'secret_box';
}

/** Why a turn's signal was aborted: another process has taken the conversation over, this one is stopping, or a person wants no answer any more. */
export class TurnAborted extends ParleyError {
  readonly code = 'turn_aborted';
  /** `changed`: a question of it was edited or deleted, or what it has read was erased. */
  readonly reason: 'lease lost' | 'stopping' | 'stopped' | 'changed';

  constructor(reason: TurnAborted['reason']) {
    super(`The turn was stopped: ${reason}.`);
    this.reason = reason;
  }
}

/** What went wrong, in one line that is safe to log. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  // Many an error that wraps another repeats what that says.
  return cause instanceof Error && !message.includes(cause.message) ? `${message} (${cause.message})` : message;
}
