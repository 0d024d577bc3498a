import { customIdsOf } from '../../../adapters/discord/emulator/components.ts';
import type { EmulatedInteraction } from '../../../adapters/discord/emulator/interactions.ts';
import type { DiscordEmulator } from '../../../adapters/discord/emulator.ts';
import type { Press } from '../driver.ts';
import type { Random } from '../random.ts';

/** Presses on the buttons under answers. */
export interface Presses {
  /** On one of these channels' answers; the newest mostly. None where no answer has buttons. */
  press(channelIds: readonly string[], random: Random): void;
  readonly all: readonly Press[];
  /** Whether the bot has every one, for all that the platform knows. */
  areTaken(): boolean;
  /** The ledger has shown that every one is taken. */
  rest(): void;
}

const recent = 6;
const pattern = /^parley:(regenerate|good|bad):(.+)$/;

export function createPresses(discord: DiscordEmulator): Presses {
  const all: Press[] = [];
  let open: EmulatedInteraction[] = [];

  /** Buttons in a channel, the newest answer's last: as `[message id, custom id]`. */
  function buttonsIn(channelId: string): (readonly [string, string])[] {
    return discord
      .messages(channelId)
      .flatMap(({ id, components = [] }) => customIdsOf(components).map((customId) => [id, customId] as const))
      .filter(([, customId]) => pattern.test(customId));
  }

  return {
    all,
    press: (channelIds, random) => {
      const channels = random.chance(0.7) ? channelIds.slice(-recent) : channelIds;
      const buttons = channels.flatMap(buttonsIn);
      if (buttons.length === 0) return;
      const [messageId, customId] = random.pick(buttons);
      const [, name = '', outboundId = ''] = pattern.exec(customId) ?? [];
      // Impatient people press twice: each of these is an interaction of its own.
      const count = random.chance(0.3) ? 2 : 1;
      for (let pressed = 0; pressed < count; pressed += 1) {
        const interaction = discord.press({ messageId, customId });
        open.push(interaction);
        all.push({ eventId: interaction.id, name, outboundId, userId: interaction.user.id });
        if (random.chance(0.2)) discord.redeliverInteraction(interaction);
      }
    },
    areTaken: () => open.every(({ responseType }) => responseType !== undefined),
    rest: () => {
      open = [];
    },
  };
}
