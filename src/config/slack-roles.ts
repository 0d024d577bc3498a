import type { Config } from '../config.ts';

const userGroup = /^S[A-Z0-9]{4,}$/;

/** The user groups of Slack that rules of tools, and approvers, name as roles. */
export function slackRolesOf({ tools }: Pick<Config, 'tools'>): readonly string[] {
  const ofRules = tools.allow.flatMap(({ roles = [] }) => roles);
  const ofApprovers = tools.approvers.slack.flatMap((each) => /(?:^|\/)role:(\w+)$/.exec(each)?.[1] ?? []);
  return [...new Set([...ofRules, ...ofApprovers])].filter((role) => userGroup.test(role));
}
