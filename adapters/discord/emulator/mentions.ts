/** The platform's allowed mentions object: absent means that everything pings. */
export interface AllowedMentions {
  readonly parse?: readonly string[];
  readonly users?: readonly string[];
  readonly roles?: readonly string[];
  readonly replied_user?: boolean;
}

/** Ids of the users that a text mentions, in order and once each. */
export function userMentions(text: string): string[] {
  return uniqueMatches(text, /<@!?(\d+)>/g);
}

export function roleMentions(text: string): string[] {
  return uniqueMatches(text, /<@&(\d+)>/g);
}

export function mentionsEveryone(text: string): boolean {
  return /@(?:everyone|here)\b/.test(text);
}

/** Whom a message notifies: user ids, role ids, `everyone`. */
export function pingsOf(text: string, allowed: AllowedMentions | undefined, repliedTo: string | undefined): string[] {
  const may = (kind: string): boolean => allowed?.parse === undefined || allowed.parse.includes(kind);
  const pings = [
    ...userMentions(text).filter((id) => (allowed?.users ? allowed.users.includes(id) : may('users'))),
    ...roleMentions(text).filter((id) => (allowed?.roles ? allowed.roles.includes(id) : may('roles'))),
  ];
  if (mentionsEveryone(text) && may('everyone')) pings.push('everyone');
  if (repliedTo !== undefined && (allowed ? allowed.replied_user === true : true)) pings.push(repliedTo);
  return [...new Set(pings)];
}

function uniqueMatches(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, id = '']) => id))];
}
