import type { Command } from 'commander';
import type { LoadedConfig } from '../config.ts';

/** What a command may use of the process. */
export interface Cli {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Rejects with a ConfigError. */
  loadConfig(): Promise<LoadedConfig>;
  /** With which status the process ends when the command has returned. */
  exitCode: number;
}

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  hasColors?(): boolean;
}

/** What each command's file exports. It is loaded only when the command is called. */
export interface CommandModule {
  /** Adds arguments, options, examples and the action. The action may throw any ParleyError. */
  register(command: Command, cli: Cli): void;
}

export const exitCodes = { ok: 0, failed: 1, usage: 2, locked: 3 } as const;
