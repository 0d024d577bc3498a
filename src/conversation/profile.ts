import type { Model } from '../model/model.ts';
import type { ClaimedTurn } from '../store/store.ts';

/** What an operator has set for a place; what is left out is as everywhere. */
export interface Profile {
  /** In place of those of the bot. */
  readonly instructions?: string | undefined;
  /** The language of the answers, as in `German`. */
  readonly language?: string | undefined;
  readonly model?: Model | undefined;
}

/** How a turn is answered. */
export interface Voice {
  readonly instructions: string;
  readonly instructionTokens: number;
  readonly model: Model;
}

export interface VoiceOptions {
  readonly bot: { readonly instructions: string };
  readonly model: Model;
  readonly countTokens: (text: string) => number;
  /** By their names, as events bear them. */
  readonly profiles?: { get(name: string): Profile | undefined };
}

/** The voice for the place where the newest event of a turn happened. One that is no longer configured is that of everywhere. */
export function createVoices({
  bot,
  model,
  countTokens,
  profiles = new Map<string, Profile>(),
}: VoiceOptions): (events: ClaimedTurn['events']) => Voice {
  const usual = toVoice({});
  /** Counting the tokens of instructions takes time. */
  const voices = new WeakMap<Profile, Voice>();

  function toVoice(profile: Profile): Voice {
    const own = profile.instructions ?? bot.instructions;
    const instructions = profile.language === undefined ? own : `${own}\n\nAnswer in this language: ${profile.language}.`;
    return { instructions, instructionTokens: countTokens(instructions), model: profile.model ?? model };
  }

  return (events) => {
    const newest = events.at(-1)?.event;
    const name = newest && 'profile' in newest ? newest.profile : undefined;
    const profile = name === undefined ? undefined : profiles.get(name);
    if (!profile) return usual;
    const voice = voices.get(profile) ?? toVoice(profile);
    voices.set(profile, voice);
    return voice;
  };
}
