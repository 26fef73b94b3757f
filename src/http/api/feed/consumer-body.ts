import { Refused } from '../../../domain/errors.ts';
import { DEFAULT_CONSUMER, type WantedConsumer } from '../../../feed/consumers.ts';
import { readFeedCursor } from '../../../feed/find-position.ts';
import { readNotifyTarget } from '../../../feed/notify-target.ts';
import type { Receipt } from '../../../store/feed/receipts.ts';

interface ConsumerBody {
  kind?: string | string[] | null;
  connection?: string | string[] | null;
  from?: string;
  alertAfterSeconds?: number;
  notify?: { url: string; secret?: string } | null;
}

/** What a `PUT` asks for, its members checked by the description; null without a body: a known consumer stays as it is. */
export function consumerFrom(body: unknown): WantedConsumer | null {
  if (body === undefined || body === null) return null;
  const { kind, connection, from, alertAfterSeconds, notify } = body as ConsumerBody;
  return {
    filter: { kinds: listOrNull(kind), connections: listOrNull(connection) },
    from: from ?? DEFAULT_CONSUMER.from,
    alertAfterSeconds: alertAfterSeconds ?? DEFAULT_CONSUMER.alertAfterSeconds,
    notify: notify ? readNotifyTarget(notify.url, notify.secret ?? null) : null,
  };
}

const listOrNull = (value: string | string[] | null | undefined): string[] | null =>
  value === undefined || value === null ? null : Array.isArray(value) ? value : [value];

interface ReceiptBody {
  cursor: string;
  status: Receipt['status'];
  reference?: string | null;
  reason?: string | null;
}

export function receiptsFrom(body: unknown): Receipt[] {
  const { receipts } = body as { receipts: ReceiptBody[] };
  return receipts.map(({ cursor, status, reference, reason }) => ({
    at: readFeedCursor(cursor),
    status,
    reference: reference ?? null,
    reason: reason ?? null,
  }));
}

/** Where a consumer is to be moved. `force` is the operator's: it skips entries, or gives them again. */
export function ackFrom(body: unknown, mayForce: boolean): { cursor: string; force: boolean } {
  const { cursor, force = false } = body as { cursor: string; force?: boolean };
  if (force && !mayForce) throw new Refused(403, 'forbidden', '"force" needs a key with the role operator.');
  return { cursor, force };
}
