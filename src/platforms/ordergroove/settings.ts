import { z } from 'zod';
import { allowIps, secretList } from '../contract/auth-entry.ts';

const httpUrl = z.url({ protocol: /^https?$/ });

const api = z.strictObject({
  baseUrl: httpUrl.default('https://restapi.ordergroove.com'),
  /** Sent as `x-api-key`. The first is used; the next one after a 401. Lists need a key with the Bulk Operations permission. */
  apiKey: secretList,
});

const management = z.strictObject({
  /** Absent: beside the API, `restapi.` in its name being `webhooks.`. */
  baseUrl: httpUrl.optional(),
  /** Absent: the API's key. */
  apiKey: secretList.optional(),
  /** The merchant's public id, as the platform writes it into every event. Absent: read from the API's own objects. */
  merchant: z.string().min(1).optional(),
});

export const ordergrooveSettings = z
  .strictObject({
    webhook: z.strictObject({
      /** One per route, and two of one route for 24 h after a rotation. Used as text, not decoded. */
      verificationKey: secretList,
      /** How far the signature's time may lie from ours, both ways. The platform states no window. */
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
