import type { Sql } from '../engine/database.ts';
import { type Condition, contains, equals, isOneOf, isText } from '../engine/where.ts';

/**
 * Selects deliveries: those that match all given criteria. Times are ISO 8601 UTC, `from` included, `to` excluded. `event` and `error` are parts of
 * the event type and of the last error, case-insensitive; an ellipsis in `error` matches anything.
 */
export interface DeliveryCriteria {
  ids?: readonly string[] | null | undefined;
  state?: string | null | undefined;
  connection?: string | null | undefined;
  /** The connections that the caller may access. */
  connections?: readonly string[] | null | undefined;
  subject?: string | null | undefined;
  event?: string | null | undefined;
  error?: string | null | undefined;
  from?: string | null | undefined;
  to?: string | null | undefined;
}

/** Whether there is any criterion: without one, all deliveries are selected. */
export const isUnlimited = (criteria: DeliveryCriteria): boolean =>
  Object.values(criteria).every((value) => value === null || value === undefined);

/** Two partial indexes, one for unfinished deliveries and one for the rest, together contain all deliveries of a subject. */
function subjectIs(sql: Sql, subject: string | null): Condition {
  if (subject === null) return null;
  const [condition, ...bindings] = isText(sql, 'subject', subject);
  return [
    `deliveries.seq in (select seq from deliveries where ${condition} and finished_at is not null
       union all select seq from deliveries where ${condition} and state in ('pending', 'working'))`,
    ...bindings,
    ...bindings,
  ];
}

export const matching = (sql: Sql, criteria: DeliveryCriteria): Condition[] => [
  isOneOf('id', criteria.ids ?? null),
  equals('state', criteria.state ?? null),
  equals('connection', criteria.connection ?? null),
  isOneOf('connection', criteria.connections ?? null),
  subjectIs(sql, criteria.subject ?? null),
  contains('event_type', criteria.event ?? null),
  criteria.error == null ? null : ['error is not null'],
  contains('error', criteria.error ?? null),
  criteria.from == null ? null : ['received_at >= ?', criteria.from],
  criteria.to == null ? null : ['received_at < ?', criteria.to],
];
