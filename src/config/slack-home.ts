import { z } from 'zod';
import { modelChoices, toModelChoices } from './place-voice.ts';
import { setting, text, url } from './setting.ts';

const homeLinks = z
  .record(
    text.max(75),
    z.strictObject({
      url: setting(url.max(500), {
        description: 'A page that the Home tab links to, under NAME as its title; ten at most.',
        example: 'https://intranet.example.com/parley',
      }),
    }),
  )
  .refine((links) => Object.keys(links).length <= 10, 'may hold 10 links at most')
  .default({});

/** The Home tab of the Slack app. */
export const slackHome = {
  home: setting(z.boolean().default(true), {
    description: 'Whether the app has a Home tab: how to ask, how Parley does, and what the person who looks has asked and used.',
    example: 'false',
  }),
  homeLinks,
  homeSettings: setting(z.enum(['admins', 'off']).default('admins'), {
    description:
      'Who may change the settings of channels from the Home tab: the admins and owners of the workspace, or nobody. What they set goes before slack.channels; with off it does not count.',
    example: 'off',
  }),
  models: modelChoices(90, 'for a channel on the Home tab'),
};

interface HomeSettings {
  readonly home: boolean;
  readonly homeLinks: Readonly<Record<string, { readonly url: string }>>;
  readonly homeSettings: 'admins' | 'off';
  readonly models: string;
}

/** Whether admins may change settings, and what they have set counts. */
function allowsSettings({ home, homeSettings }: Pick<HomeSettings, 'home' | 'homeSettings'>): boolean {
  return home && homeSettings === 'admins';
}

/** The adapters on whose platform people may change settings. */
export function adaptersWithSettings({
  slack,
  discord,
}: {
  readonly slack: Pick<HomeSettings, 'home' | 'homeSettings'>;
  readonly discord: { readonly settings: 'admins' | 'off' };
}): readonly string[] {
  return [...(allowsSettings(slack) ? ['slack'] : []), ...(discord.settings === 'admins' ? ['discord'] : [])];
}

/** What the adapter shows there; undefined where there is none. */
export function toHomeOptions(slack: HomeSettings, bot: { readonly name: string }) {
  if (!slack.home) return undefined;
  const links = Object.entries(slack.homeLinks).map(([title, target]) => ({ title, url: target.url }));
  return { botName: bot.name, links, ...(allowsSettings(slack) ? { settings: { models: toModelChoices(slack) } } : {}) };
}
