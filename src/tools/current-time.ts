import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import { textOf, type Tool } from './tool.ts';

/** What day and time it is: models do not know. */
export function createCurrentTime(clock: Pick<Clock, 'now'>): Tool {
  return {
    name: 'current_time',
    title: 'Looking at the clock',
    description: 'The current date, weekday and time. Use it for everything that depends on today, and never guess the date.',
    parameters: {
      type: 'object',
      properties: {
        timeZone: { type: 'string', maxLength: 60, description: 'IANA name, as in Europe/Berlin. UTC when left out.' },
      },
      additionalProperties: false,
    },
    readOnly: true,
    untrusted: false,
    run: async ({ timeZone }) => describeTime(clock.now(), textOf(timeZone) || 'UTC'),
  };
}

function describeTime(now: number, timeZone: string): string {
  try {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'long' });
    return `${format.format(now)} (${timeZone}). In UTC: ${new Date(now).toISOString().slice(0, 19)}Z.`;
  } catch (error) {
    throw new ToolError(`There is no time zone ${JSON.stringify(timeZone.slice(0, 60))}. An example: Europe/Berlin.`, {
      cause: error,
    });
  }
}
