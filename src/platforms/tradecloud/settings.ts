import { z } from 'zod';
import { allowIps, authEntries, secretList } from '../contract/auth-entry.ts';

const oauth2 = z.strictObject({
  tokenUrl: z.url({ protocol: /^https?$/ }),
  clientId: z.string().min(1),
  /** The first that the token endpoint accepts is used. */
  clientSecret: secretList,
  scope: z.string().min(1).optional(),
  audience: secretList.optional(),
});

const api = z
  .strictObject({
    baseUrl: z.url({ protocol: /^https?$/ }),
    /** The integration user. */
    username: z.string().min(1).optional(),
    /** Tried in this order if there are several (rotation). */
    password: secretList.optional(),
    /** Client credentials instead of the platform's own login, for an API gateway in front of it. */
    oauth2: oauth2.optional(),
  })
  .refine((value) => (value.username === undefined) === (value.password === undefined), {
    error: 'username and password must be set together',
  });

export const tradecloudSettings = z.strictObject({
  webhook: z.strictObject({ auth: authEntries, allowIps }),
  api: api.optional(),
  /** Our own company at Tradecloud (UUID), which restricts poll requests. */
  companyId: z.string().min(1).optional(),
  /** "My system supports" in the portal: selects the order poll. Webhooks are read in either form regardless. */
  deliveryMode: z.enum(['multiple', 'single']).default('multiple'),
  /**
   * Polled and fetched orders include our own requests. `keep` stores them; `buyer` and `supplier` leave out lines that wait
   * for a response to that side's own request; `in-progress` leaves out every line in progress.
   */
  echo: z.enum(['keep', 'buyer', 'supplier', 'in-progress']).default('keep'),
});
export type TradecloudSettings = z.infer<typeof tradecloudSettings>;
export type TradecloudApiSettings = z.infer<typeof api>;
