/** A mistake that only shows when several settings are looked at together. */
export interface Conflict {
  readonly path: readonly string[];
  readonly what: string;
  /** Where that of the setting would not be right. */
  readonly example?: string;
}
