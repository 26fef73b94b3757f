import { type Condition, contains, equals, isOneOf } from '../engine/where.ts';

/**
 * Which deliveries are meant: those that fit everything that is given. Times are ISO 8601 UTC, `from` included, `to` not. `event` and `error` are
 * parts of the event type and of the last error, in any case; an ellipsis in `error` stands for anything.
 */
export interface DeliveryCriteria {
  ids?: readonly string[] | null | undefined;
  state?: string | null | undefined;
  connection?: string | null | undefined;
  /** Of these connections: all that the caller may touch. */
  connections?: readonly string[] | null | undefined;
  subject?: string | null | undefined;
  event?: string | null | undefined;
  error?: string | null | undefined;
  from?: string | null | undefined;
  to?: string | null | undefined;
}

/** Whether anything narrows the deliveries down: without a criterion, all of them are meant. */
export const isUnlimited = (criteria: DeliveryCriteria): boolean =>
  Object.values(criteria).every((value) => value === null || value === undefined);

/** Two partial indexes, one for the unfinished and one for the rest, have all deliveries of a subject between them. */
const subjectIs = (subject: string | null): Condition =>
  subject === null
    ? null
    : [
        `deliveries.seq in (select seq from deliveries where subject = ? and finished_at is not null
           union all select seq from deliveries where subject = ? and state in ('pending', 'working'))`,
        subject,
        subject,
      ];

export const matching = (criteria: DeliveryCriteria): Condition[] => [
  isOneOf('id', criteria.ids ?? null),
  equals('state', criteria.state ?? null),
  equals('connection', criteria.connection ?? null),
  isOneOf('connection', criteria.connections ?? null),
  subjectIs(criteria.subject ?? null),
  contains('event_type', criteria.event ?? null),
  contains('error', criteria.error ?? null),
  criteria.from == null ? null : ['received_at >= ?', criteria.from],
  criteria.to == null ? null : ['received_at < ?', criteria.to],
];
