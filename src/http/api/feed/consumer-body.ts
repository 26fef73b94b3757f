import { z } from 'zod';
import { Refused } from '../../../domain/errors.ts';
import { DEFAULT_CONSUMER, type WantedConsumer } from '../../../feed/consumers.ts';
import { readFeedCursor } from '../../../feed/find-position.ts';
import { readNotifyTarget } from '../../../feed/notify-target.ts';
import type { Receipt } from '../../../store/feed/receipts.ts';

// The OpenAPI validator has checked the bodies; the schemas only give them types.
const oneOrMore = z.union([z.string(), z.array(z.string())]).nullish();
const consumerBody = z.object({
  kind: oneOrMore,
  connection: oneOrMore,
  from: z.string().optional(),
  alertAfterSeconds: z.number().optional(),
  notify: z.object({ url: z.string(), secret: z.string().optional() }).nullish(),
});
const receiptsBody = z.object({
  receipts: z.array(
    z.object({
      cursor: z.string(),
      status: z.enum(['booked', 'rejected']),
      reference: z.string().nullish(),
      reason: z.string().nullish(),
    }),
  ),
});
const ackBody = z.object({ cursor: z.string(), force: z.boolean().default(false) });

/** The settings that a `PUT` requests; null without a body: an existing consumer stays unchanged. */
export function consumerFrom(body: unknown): WantedConsumer | null {
  if (body === undefined || body === null) return null;
  const { kind, connection, from, alertAfterSeconds, notify } = consumerBody.parse(body);
  return {
    filter: { kinds: listOrNull(kind), connections: listOrNull(connection) },
    from: from ?? DEFAULT_CONSUMER.from,
    alertAfterSeconds: alertAfterSeconds ?? DEFAULT_CONSUMER.alertAfterSeconds,
    notify: notify ? readNotifyTarget(notify.url, notify.secret ?? null) : null,
  };
}

const listOrNull = (value: string | string[] | null | undefined): string[] | null =>
  value === undefined || value === null ? null : Array.isArray(value) ? value : [value];

export function receiptsFrom(body: unknown): Receipt[] {
  const { receipts } = receiptsBody.parse(body);
  return receipts.map(({ cursor, status, reference, reason }) => ({
    at: readFeedCursor(cursor),
    status,
    reference: reference ?? null,
    reason: reason ?? null,
  }));
}

/** The position that a consumer acknowledges. Only an operator may use `force`, which skips entries or delivers them again. */
export function ackFrom(body: unknown, mayForce: boolean): { cursor: string; force: boolean } {
  const { cursor, force } = ackBody.parse(body);
  if (force && !mayForce) throw new Refused(403, 'forbidden', '`force` requires a key with the role operator.');
  return { cursor, force };
}
