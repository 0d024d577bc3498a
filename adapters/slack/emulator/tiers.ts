/**
 * How many calls a minute one workspace lets an app make of a method, as https://docs.slack.dev/apis/web-api/rate-limits gives the tiers and
 * the page of each method its tier. Posting has a limit of its own, about one message a second in each channel, with short bursts above it.
 */
const callsPerMinute: Readonly<Record<string, number>> = {
  'chat.startStream': 20,
  'chat.stopStream': 20,
  'chat.appendStream': 100,
  'chat.update': 50,
  'chat.delete': 50,
  'agents.sessions.setStatus': 50,
  'agents.sessions.rename': 50,
  'assistant.threads.setSuggestedPrompts': 100,
  'files.getUploadURLExternal': 100,
  'files.completeUploadExternal': 100,
  'files.delete': 50,
  'conversations.members': 100,
  'conversations.history': 50,
  'conversations.replies': 50,
};
const postsPerMinute = 60;
const minuteMs = 60_000;

/** Counts the calls of the minute past; tells how many seconds to wait where this one is too many, and does not count it then. */
export type RateTiers = (method: string, channel: string) => number | undefined;

export function createRateTiers(now: () => number): RateTiers {
  const calls = new Map<string, number[]>();
  return (method, channel) => {
    const limit = method === 'chat.postMessage' ? postsPerMinute : callsPerMinute[method];
    if (limit === undefined) return undefined;
    const key = method === 'chat.postMessage' ? `${method} ${channel}` : method;
    const recent = (calls.get(key) ?? []).filter((at) => now() - at < minuteMs);
    calls.set(key, recent);
    const [oldest = 0] = recent;
    if (recent.length >= limit) return Math.max(1, Math.ceil((oldest + minuteMs - now()) / 1_000));
    recent.push(now());
    return undefined;
  };
}
