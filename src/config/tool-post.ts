import { z } from 'zod';
import { setting, text } from './setting.ts';
import { postPlace, toPostPlace } from './webhook-post.ts';

const place = z.strictObject({
  ...postPlace('that messages are posted to'),
  title: setting(text.min(1).max(200), {
    description: 'What is posted there, for the model.',
    example: 'The shift that is on call: outages',
  }),
  approve: setting(z.boolean().default(true), {
    description:
      'Whether a person has to approve of each message. One does in any case where the model has read what strangers wrote.',
    example: 'false',
  }),
});

/** Where the tool `post_message` may post to, by the names that the model knows. */
export const toolPost = z
  .record(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must have 1 to 40 of a-z, 0-9, _ and -'), place)
  .default({});

/** As `src/tools/post-message.ts` takes it. Expects settings without conflicts. */
export function toPostTargets({ post }: { readonly post: z.output<typeof toolPost> }) {
  return Object.fromEntries(
    Object.entries(post).map(([name, { title, approve, ...target }]) => [name, { ...toPostPlace(target), title, approve }]),
  );
}
