import { z } from 'zod';
import { allowIps, authEntries, secretList } from '../contract/auth-entry.ts';

const baseUrl = z.url({ protocol: /^https?$/ });

const api = z
  .strictObject({
    baseUrl: baseUrl.default('https://api.ordermentum.com'),
    /** Sent as `x-api-key`. The first is used; the next one after a 401. */
    apiKey: secretList.optional(),
    /** Sent as `Authorization: Bearer`, together with the key if both are set: the registration page requires it. */
    token: secretList.optional(),
    /** Base URL of webhook registration. Default: the API's own base, then `https://app.ordermentum.com`, which the registration page names. */
    managementBaseUrl: baseUrl.optional(),
    /** UUID of the supplier whose orders these are: lists and webhooks are per supplier. */
    supplierId: z.string().min(1),
  })
  .refine(({ apiKey, token }) => apiKey !== undefined || token !== undefined, { error: 'expected apiKey, token, or both' });

export const ordermentumSettings = z.strictObject({
  webhook: z.strictObject({ auth: authEntries, allowIps }),
  api: api.optional(),
});
export type OrdermentumSettings = z.infer<typeof ordermentumSettings>;
export type OrdermentumApiSettings = z.infer<typeof api>;
