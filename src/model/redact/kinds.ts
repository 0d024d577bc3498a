import type { RedactedKind } from '../../redacted-kinds.ts';
import { findCards, findIbans } from './account.ts';
import { findIps } from './address.ts';
import { findEmails, findPhones } from './contact.ts';
import type { Find } from './find.ts';
import { findNationalIds } from './national-id.ts';
import { findSecrets } from './secret.ts';

/** In the order in which they name what several of them find. */
export const finders: readonly (readonly [RedactedKind, Find])[] = [
  ['secret', findSecrets],
  ['email', findEmails],
  ['iban', findIbans],
  ['card', findCards],
  ['phone', findPhones],
  ['national_id', findNationalIds],
  ['ip', findIps],
];
