import { setting, text } from './setting.ts';

/** How the bot speaks in one place, whatever the platform; `where` as in "in this channel". */
export function placeVoice(where: string) {
  return {
    instructions: setting(text.max(100_000).optional(), {
      description: `What the model is told ${where}, in place of bot.instructions: its persona.`,
      example: 'You answer questions of the support team.',
      defaultNote: 'bot.instructions',
    }),
    model: setting(text.optional(), {
      description: `The model that answers ${where}, as the endpoint knows it.`,
      example: 'gpt-5.4',
      defaultNote: 'model.openai.model',
    }),
    language: setting(text.max(80).optional(), {
      description: `The language of the answers ${where}.`,
      example: 'German',
      defaultNote: 'that of the question',
    }),
  };
}

/** The models that admins may choose from on a platform, at most so many; `where` as in "for a channel". */
export function modelChoices(most: number, where: string) {
  const pattern = new RegExp(`^(?:[^\\s,]{1,75}(?:,[^\\s,]{1,75}){0,${most - 1}})?$`);
  const names = text.max(3_000).regex(pattern, `must be names of models with commas between them, ${most} at most`);
  return setting(names.default(''), {
    description: `Models that admins may choose ${where}, as the endpoint knows them, with commas between them.`,
    example: 'gpt-5.4,gpt-5.4-mini',
  });
}

export function toModelChoices({ models }: { readonly models: string }): readonly string[] {
  return models === '' ? [] : models.split(',');
}

export interface PlaceVoice {
  readonly instructions?: string | undefined;
  readonly model?: string | undefined;
  readonly language?: string | undefined;
}

interface Places {
  readonly slack: { readonly channels: Readonly<Record<string, PlaceVoice>> };
  readonly discord: {
    readonly channels: Readonly<Record<string, PlaceVoice>>;
    readonly guilds: Readonly<Record<string, PlaceVoice>>;
  };
}

/** The voices of all places, by the names that events bear. A Discord channel takes from its server what it does not say itself. */
export function placeVoices({ slack, discord }: Places): Map<string, PlaceVoice> {
  const voices = new Map<string, PlaceVoice>();
  for (const [key, voice] of Object.entries(slack.channels)) voices.set(`slack/${key}`, voice);
  for (const [channel, voice] of Object.entries(discord.channels)) voices.set(`discord/${channel}`, voice);
  for (const [guild, general] of Object.entries(discord.guilds)) {
    voices.set(`discord/${guild}`, general);
    for (const [channel, { instructions, model, language }] of Object.entries(discord.channels)) {
      voices.set(`discord/${guild}/${channel}`, {
        instructions: instructions ?? general.instructions,
        model: model ?? general.model,
        language: language ?? general.language,
      });
    }
  }
  return voices;
}
