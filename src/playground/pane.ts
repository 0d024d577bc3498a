/** One emulated platform and a person who writes there. */
export interface Pane {
  readonly title: string;
  readonly person: string;
  listen(): Promise<void>;
  close(): Promise<void>;
  /** The variables that point Parley at it. */
  env(): Readonly<Record<string, string>>;
  /** Tells the platform where Parley listens. */
  connect(url: string): void;
  /** Asks in the pane's one conversation; resolves with the complete answer as a person sees it. */
  ask(text: string): Promise<string>;
}
