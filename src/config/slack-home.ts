import { z } from 'zod';
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
};

interface HomeSettings {
  readonly home: boolean;
  readonly homeLinks: Readonly<Record<string, { readonly url: string }>>;
}

/** What the adapter shows there; undefined where there is none. */
export function toHomeOptions({ home, homeLinks: links }: HomeSettings, bot: { readonly name: string }) {
  return home
    ? { botName: bot.name, links: Object.entries(links).map(([title, { url: target }]) => ({ title, url: target })) }
    : undefined;
}
