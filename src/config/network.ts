import { isIP } from 'node:net';
import { z } from 'zod';

/** Whether a text is an address or a network, like 203.0.113.7 or 203.0.113.0/24. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

export const network = z.string().superRefine((value, context) => {
  if (!isNetwork(value))
    context.addIssue({ code: 'custom', message: 'must hold addresses or networks, like 203.0.113.7 or 203.0.113.0/24' });
});

const hostName = /^(?=.{1,253}$)(?!.*\.\d+$)(?!\d+$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;

export const networkOrHost = z.string().superRefine((value, context) => {
  if (!isNetwork(value) && !hostName.test(value))
    context.addIssue({ code: 'custom', message: 'must hold networks, like 10.0.0.0/8, or names of hosts, like desk.internal' });
});
