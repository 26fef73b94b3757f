import { z } from 'zod';
import { allowIps, secretList } from '../auth-entry.ts';

const httpUrl = z.url({ protocol: /^https?$/ });

const api = z.strictObject({
  baseUrl: httpUrl.default('https://restapi.ordergroove.com'),
  /** Sent as `x-api-key`. The first is used; the next one after a 401. Lists need a key with the Bulk Operations permission. */
  apiKey: secretList,
});

const management = z.strictObject({
  baseUrl: httpUrl.default('https://webhooks.ordergroove.com'),
  /** Absent: the API's key. */
  apiKey: secretList.optional(),
  /** The merchant's public id, as the platform writes it into every event. */
  merchant: z.string().min(1),
});

export const ordergrooveSettings = z.strictObject({
  webhook: z.strictObject({
    /** One per route, and two of one route for 24 h after a rotation. Used as text, not decoded. */
    verificationKey: secretList,
    /** How far the signature's time may lie from ours, both ways. The platform states no window. */
    toleranceSeconds: z.number().positive().default(300),
    allowIps,
  }),
  api: api.optional(),
  management: management.optional(),
});
export type OrdergrooveSettings = z.infer<typeof ordergrooveSettings>;
