import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The id of a job is the id of its event and a proof, made with the source's secret, that it was given out here:
 * whoever has it was told it, so that the address of a job needs no other credential.
 */
export interface JobIds {
  toJobId(eventId: string): string;
  /** The event behind a job id, or undefined where the id was not made here. */
  parseJobId(jobId: string): string | undefined;
}

/** The first secret makes new ids; those made with any of them are good. */
export function createJobIds(name: string, secrets: readonly string[]): JobIds {
  // A key of its own, so that no proof can ever serve as a signature of an event, or the other way round.
  const keys = secrets.map((secret) => createHmac('sha256', secret).update(`parley job id of ${name}`).digest());
  const prove = (key: Buffer, eventId: string) => createHmac('sha256', key).update(eventId).digest();
  return {
    toJobId: (eventId) => {
      const [key] = keys;
      if (key === undefined) throw new TypeError('A source without a secret has no jobs.');
      return `${Buffer.from(eventId).toString('base64url')}.${prove(key, eventId).toString('base64url')}`;
    },
    parseJobId: (jobId) => {
      const [, encoded, proof] = /^([\w-]{1,1600})\.([\w-]{43})$/.exec(jobId) ?? [];
      if (encoded === undefined || proof === undefined) return undefined;
      const eventId = Buffer.from(encoded, 'base64url').toString();
      const given = Buffer.from(proof, 'base64url');
      let genuine = false;
      for (const key of keys) genuine = timingSafeEqual(prove(key, eventId), given) || genuine;
      return genuine ? eventId : undefined;
    },
  };
}
