import type { Verification } from './signature.ts';
import type { SignedHeader } from './signed-header.ts';

/** All the ways in which the sender of a webhook can prove who it is. */
export type SourceVerification =
  | Verification
  | PublicKeyVerification
  | ApiKeyVerification
  | BasicVerification
  | UrlSecretVerification
  | JwtVerification
  | MtlsVerification;

/** One header with a signature that only the sender can make, and everybody can check. */
export interface PublicKeyVerification extends SignedHeader {
  readonly scheme: 'publicKey';
  /** All of them are valid at once. */
  readonly publicKeys: readonly string[];
  readonly algorithm: PublicKeyAlgorithm;
  /** How an ECDSA signature is written: as ASN.1 (DER), or as its two numbers one after the other. Default der. */
  readonly signatureFormat?: 'der' | 'p1363' | undefined;
}

export type PublicKeyAlgorithm =
  | 'ed25519'
  | 'ecdsa-sha256'
  | 'ecdsa-sha384'
  | 'ecdsa-sha512'
  | 'rsa-sha256'
  | 'rsa-sha512'
  | 'rsa-pss-sha256'
  | 'rsa-pss-sha512';

/** The secret itself in a header of its own. Like bearer it proves nothing about the body. */
export interface ApiKeyVerification {
  readonly scheme: 'apiKey';
  readonly secrets: readonly string[];
  readonly header: string;
}

/** A name and a password in the Authorization header. */
export interface BasicVerification {
  readonly scheme: 'basic';
  readonly username: string;
  readonly secrets: readonly string[];
}

/** The secret in the query of the address, for senders that can do nothing else. */
export interface UrlSecretVerification {
  readonly scheme: 'urlSecret';
  readonly secrets: readonly string[];
  /** Name of the query parameter. */
  readonly parameter: string;
}

/** A JSON Web Token in a header, signed with a shared secret or with a key that the issuer publishes. */
export interface JwtVerification {
  readonly scheme: 'jwt';
  /** For HS256, HS384 and HS512. */
  readonly secrets: readonly string[];
  /** Where the issuer's public keys are, in place of secrets. */
  readonly jwksUrl?: string | undefined;
  /** What a token may be signed by; nothing else is accepted, whatever the token says. */
  readonly algorithms: readonly string[];
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** Default `authorization`, after `Bearer`. */
  readonly header: string;
  /** The claim that holds the SHA-256 of the body in hex or base64url. Without it the token proves nothing about the body. */
  readonly bodyHashClaim?: string | undefined;
  readonly toleranceSeconds?: number | undefined;
}

/** A client certificate: that of the connection itself, or one that a proxy in front has checked, and tells of in headers. */
export interface MtlsVerification {
  readonly scheme: 'mtls';
  /** Says whether the certificate was good. */
  readonly verifiedHeader: string;
  readonly verifiedValue: string;
  /** Says whose certificate it was: its fingerprint or its subject. Without it the certificate is that of the connection. */
  readonly identityHeader?: string | undefined;
  readonly identities: readonly string[];
}

/** The secrets that the sender has too: none where it proves itself in another way. */
export function sharedSecrets(verification: SourceVerification): readonly string[] {
  return 'secrets' in verification ? verification.secrets : [];
}
