import { z } from 'zod';
import { allowIps, secretList } from '../contract/auth-entry.ts';

const httpUrl = z.url({ protocol: /^https?$/ });

const api = z.strictObject({
  baseUrl: httpUrl.default('https://restapi.ordergroove.com'),
  /** Sent as `x-api-key`. The first is used; the next one after a 401. Lists need a key with the Bulk Operations permission. */
  apiKey: secretList,
});

const management = z.strictObject({
  /** Default: the API's address with `webhooks.` instead of `restapi.`. */
  baseUrl: httpUrl.optional(),
  /** Default: the API's key. */
  apiKey: secretList.optional(),
  /** The merchant's public id, as in every event. Default: read from the API's own objects. */
  merchant: z.string().min(1).optional(),
});

export const ordergrooveSettings = z
  .strictObject({
    webhook: z.strictObject({
      /** One per route, and two for 24 h after a rotation. Used as text, not decoded. */
      verificationKey: secretList,
      /** How far the signature's time may differ from ours in either direction. The platform documents no limit. */
      toleranceSeconds: z.number().positive().default(300),
      allowIps,
    }),
    api: api.optional(),
    management: management.optional(),
  })
  .refine(({ api, management }) => !management || api || (management.apiKey && management.merchant), {
    path: ['management'],
    error: 'expected apiKey and merchant, where there is no api to take them from',
  });
export type OrdergrooveSettings = z.infer<typeof ordergrooveSettings>;
