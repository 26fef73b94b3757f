import { z } from 'zod';
import { allowIps, authEntries, secretList } from '../contract/auth-entry.ts';

const oauth2 = z.strictObject({
  tokenUrl: z.url({ protocol: /^https?$/ }),
  clientId: z.string().min(1),
  /** The first is used. */
  clientSecret: secretList,
  scope: z.string().min(1).optional(),
  audience: secretList.optional(),
});

const api = z
  .strictObject({
    baseUrl: z.url({ protocol: /^https?$/ }),
    /** The integration user. */
    username: z.string().min(1).optional(),
    /** Tried in this order when there are several (rotation). */
    password: secretList.optional(),
    /** Client credentials instead of the platform's own login: for an API gateway in front of it. */
    oauth2: oauth2.optional(),
  })
  .refine((value) => (value.username === undefined) === (value.password === undefined), {
    error: 'username and password belong together',
  });

export const tradecloudSettings = z.strictObject({
  webhook: z.strictObject({ auth: authEntries, allowIps }),
  api: api.optional(),
  /** Our own company at Tradecloud (UUID): narrows the poll requests. */
  companyId: z.string().min(1).optional(),
  /** "My system supports" in the portal: decides which order poll is asked. Webhooks are read in either form, whatever this says. */
  deliveryMode: z.enum(['multiple', 'single']).default('multiple'),
  /**
   * Polled and fetched orders come back with our own requests in them. `keep` stores them; `buyer` and `supplier` leave out lines that wait
   * for an answer to that side's own request; `in-progress` leaves out every line in progress.
   */
  echo: z.enum(['keep', 'buyer', 'supplier', 'in-progress']).default('keep'),
});
export type TradecloudSettings = z.infer<typeof tradecloudSettings>;
export type TradecloudApiSettings = z.infer<typeof api>;
