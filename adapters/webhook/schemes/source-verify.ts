import type { SignatureResult } from '../../../src/signature.ts';
import type { SignatureFault, SignedRequest } from '../../../src/signed-header.ts';

/** `unavailable`: the issuer's keys could not be fetched, so that nothing can be told at the moment. `untrusted`: no trusted proxy vouches. */
export type SourceFault = SignatureFault | 'unavailable' | 'untrusted';
export type SourceResult = SignatureResult | { readonly ok: false; readonly reason: SourceFault };

export interface SourceRequest extends SignedRequest {
  /** Whether a proxy that is trusted has handed the request on. */
  readonly fromProxy: boolean;
  /** Of the client certificate of the connection; asked for by who needs them only. */
  readonly clientNames?: (() => readonly string[]) | undefined;
}

/** At once where the scheme allows it, so that the others do not pay for it. */
export type SourceVerify = (request: SourceRequest) => SourceResult | Promise<SourceResult>;
