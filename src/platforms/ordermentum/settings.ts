import { z } from 'zod';
import { allowIps, authEntries, secretList } from '../contract/auth-entry.ts';

const api = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/ }).default('https://api.ordermentum.com'),
  /** The first is used; the next one after a 401. */
  apiKey: secretList,
  /** UUID of the supplier whose orders these are: lists and webhooks are per supplier. */
  supplierId: z.string().min(1),
});

export const ordermentumSettings = z.strictObject({
  webhook: z.strictObject({ auth: authEntries, allowIps }),
  api: api.optional(),
});
export type OrdermentumSettings = z.infer<typeof ordermentumSettings>;
export type OrdermentumApiSettings = z.infer<typeof api>;
