import { ATTEMPT_OUTCOMES, type Attempt, DELIVERY_STATES, type StoredDelivery } from '../../domain/entities/delivery.ts';
import { isObject, type Json, listAt, textAt } from '../../domain/values/json.ts';
import { booleanOf, numberOf, oneOf } from '../engine/rows.ts';

/** A row of `deliveries` as the engines return it. */
export interface DeliveryRow {
  seq: number | string;
  id: string;
  connection: string;
  platform: string;
  state: string;
  method: string;
  path: string;
  content_type: string | null;
  event_type: string | null;
  event_id: string | null;
  subject: string | null;
  notification: boolean | number;
  received_at: string;
  finished_at: string | null;
  duplicates: number;
  conflict: boolean | number;
  attempts: string;
  tries: number;
  error: string | null;
  next_attempt_at: string;
  replay: string | null;
}

const NAMES: readonly (keyof DeliveryRow)[] = [
  'seq',
  'id',
  'connection',
  'platform',
  'state',
  'method',
  'path',
  'content_type',
  'event_type',
  'event_id',
  'subject',
  'notification',
  'received_at',
  'finished_at',
  'duplicates',
  'conflict',
  'attempts',
  'tries',
  'error',
  'next_attempt_at',
  'replay',
];

/** The columns of a stored delivery, for `select` and `returning`. */
export const deliveryColumns = (table = 'deliveries'): string => NAMES.map((name) => `${table}.${name}`).join(', ');

export const toDelivery = (row: DeliveryRow): StoredDelivery => ({
  seq: numberOf(row.seq),
  id: row.id,
  connection: row.connection,
  platform: row.platform,
  state: oneOf(DELIVERY_STATES, row.state),
  method: oneOf(['POST', 'GET'] as const, row.method),
  path: row.path,
  contentType: row.content_type,
  eventType: row.event_type,
  eventId: row.event_id,
  subject: row.subject,
  notification: booleanOf(row.notification),
  receivedAt: row.received_at,
  finishedAt: row.finished_at,
  duplicates: numberOf(row.duplicates),
  conflict: booleanOf(row.conflict),
  attempts: row.attempts === '[]' ? [] : toAttempts(JSON.parse(row.attempts)),
  tries: numberOf(row.tries),
  error: row.error,
  nextAttemptAt: row.state === 'pending' ? row.next_attempt_at : null,
  replay: row.replay === null ? null : oneOf(['fresh', 'recorded'] as const, row.replay),
});

/** JSON text: a list of the values of each attempt. An error that is missing at the end is null. */
export const attemptsText = (attempts: readonly Attempt[]): string =>
  JSON.stringify(attempts.map(({ at, outcome, tookMs, error }) => (error === null ? [at, outcome, tookMs] : [at, outcome, tookMs, error])));

const toAttempts = (stored: Json): Attempt[] =>
  (Array.isArray(stored) ? stored : []).map((one) => {
    // Until 2026-11 an attempt was stored as an object.
    const [at, outcome, tookMs, error] = isObject(one) ? [one.at, one.outcome, one.tookMs, one.error] : listAt(one);
    return { at: textAt(at) ?? '', outcome: oneOf(ATTEMPT_OUTCOMES, textAt(outcome) ?? ''), error: textAt(error), tookMs: Number(tookMs) };
  });

/** The headers as stored; none once retention has deleted them. */
export function toHeaders(text: string | null): Record<string, string> {
  const stored: Json = text === null ? {} : JSON.parse(text);
  if (!isObject(stored)) return {};
  return Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, String(value)]));
}
