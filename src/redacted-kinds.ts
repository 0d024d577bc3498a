/** What can be taken out of what a provider of AI models is sent. */
export const redactedKinds = ['email', 'phone', 'card', 'iban', 'ip', 'secret', 'national_id'] as const;

export type RedactedKind = (typeof redactedKinds)[number];
