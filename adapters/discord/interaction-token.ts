import { hkdfSync } from 'node:crypto';
import type { Destination } from '../../src/message.ts';
import { createSecretBox } from '../../src/secret-box.ts';
import type { SecretBox } from '../../src/secret-box.ts';
import type { Place } from './conversation.ts';
import { isSnowflake, snowflakeTime } from './snowflake.ts';

/** Discord takes them for 15 minutes; a call that is under way when they end is lost. */
const tokenLifeMs = 14.5 * 60_000;

/** What it takes to answer an interaction; it travels in the destination of its event. */
export interface InteractionAddress {
  readonly interactionId: string;
  readonly applicationId: string;
  /** Whoever knows it may speak as the bot for 15 minutes: sealed. */
  readonly sealedToken: string;
  readonly userId: string;
  /** Whether only that person sees the answer. */
  readonly isPrivate: boolean;
  /** Whether the bot may write to the channel by itself, too; not where it is no member. */
  readonly canPost: boolean;
  /** The message whose button was pressed: it is what Discord calls the original response then. */
  readonly pressedId?: string | undefined;
}

/** As a destination of the core, whose values are texts. */
export function toInteractionDestination(place: Place, address: InteractionAddress): Destination {
  const { interactionId, applicationId, sealedToken, userId, isPrivate, canPost, pressedId } = address;
  return {
    channelId: place.channelId,
    ...(place.guildId === undefined ? {} : { guildId: place.guildId }),
    ...(place.channelType === undefined ? {} : { channelType: String(place.channelType) }),
    ...{ interactionId, applicationId, sealedToken, userId },
    audience: isPrivate ? 'person' : 'channel',
    ...(canPost ? { canPost: 'yes' } : {}),
    ...(pressedId === undefined ? {} : { pressedId }),
  };
}

/** Undefined where the destination is an ordinary channel. */
export function parseInteractionDestination(destination: Destination): InteractionAddress | undefined {
  const { interactionId, applicationId, sealedToken, userId, audience, canPost, pressedId } = destination;
  if (!isSnowflake(interactionId) || !isSnowflake(applicationId) || !isSnowflake(userId) || sealedToken === undefined)
    return undefined;
  return {
    ...{ interactionId, applicationId, sealedToken, userId },
    isPrivate: audience === 'person',
    canPost: canPost === 'yes',
    pressedId: isSnowflake(pressedId) ? pressedId : undefined,
  };
}

export function isExpired({ interactionId }: Pick<InteractionAddress, 'interactionId'>, now: number): boolean {
  return now - snowflakeTime(interactionId) > tokenLifeMs;
}

export interface TokenBox {
  seal(token: string, interactionId: string): string;
  /** Undefined for one that was sealed under another bot token: there is no way to use it then. */
  open(address: InteractionAddress): string | undefined;
}

/**
 * Keeps the tokens of interactions from whoever reads the ledger. The key follows from the bot token, which is never in there: nothing has to
 * be configured, and what a leaked ledger holds opens for nobody who could not speak as the bot anyway.
 */
export function createTokenBox(botToken: string): TokenBox {
  let box: SecretBox | undefined;
  const opened = (): SecretBox => (box ??= createSecretBox(`bot:${deriveKey(botToken)}`));
  return {
    seal: (token, interactionId) => opened().seal(token, interactionId),
    open: ({ sealedToken, interactionId }) => {
      try {
        return opened().open(sealedToken, interactionId);
      } catch {
        return undefined; // The bot token has been changed meanwhile.
      }
    },
  };
}

function deriveKey(botToken: string): string {
  return Buffer.from(hkdfSync('sha256', botToken, '', 'parley: Discord interaction tokens', 32)).toString('base64');
}
