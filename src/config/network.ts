import { z } from 'zod';
import { isNetwork } from '../addresses.ts';

export const network = z.string().superRefine((value, context) => {
  if (!isNetwork(value))
    context.addIssue({ code: 'custom', message: 'must hold addresses or networks, like 203.0.113.7 or 203.0.113.0/24' });
});

const hostName = /^(?=.{1,253}$)(?!.*\.\d+$)(?!\d+$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;

export const networkOrHost = z.string().superRefine((value, context) => {
  if (!isNetwork(value) && !hostName.test(value))
    context.addIssue({ code: 'custom', message: 'must hold networks, like 10.0.0.0/8, or names of hosts, like desk.internal' });
});
