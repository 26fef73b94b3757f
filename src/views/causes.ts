import { type FailureRow, listFailures } from '../store/deliveries/list-causes.ts';
import { type DriftRow, listDrift } from '../store/drift/list.ts';
import type { Sql } from '../store/engine/database.ts';

/** One fault on one connection: what went wrong, how often, and the criteria that select its deliveries for retry, replay and dismissal. */
export interface FailureCause {
  code: string;
  /** The common part of the errors: names and numbers that differ are replaced by an ellipsis. */
  cause: string;
  connections: string[];
  /** The event type that our description of the platform does not contain. */
  event: string | null;
  count: number;
  dead: number;
  waiting: number;
  first: string;
  last: string;
  sampleId: string;
  criteria: { connection: string; error?: string; event?: string };
}

const MOST_ERRORS = 5000;
const MOST_EVENTS = 1000;

/** Why deliveries are dead or wait for another attempt, and which events were unknown: one entry per fault, most frequent first. */
export async function readCauses(sql: Sql, filter: { connection: string | null }): Promise<FailureCause[]> {
  const failures = await listFailures(sql, filter, MOST_ERRORS);
  const unknown = await listDrift(sql, { ...filter, kind: 'event' }, { after: null, limit: MOST_EVENTS });
  const groups = new Map<string, FailureCause>();
  for (const failure of failures) addFailure(groups, failure);
  return [...groups.values(), ...unknown.map(unknownEvent)].sort((a, b) => b.count - a.count || (a.last < b.last ? 1 : -1));
}

function addFailure(groups: Map<string, FailureCause>, failure: FailureRow): void {
  const cause = errorPattern(failure.error);
  const key = `${failure.connection} ${cause}`;
  const group = groups.get(key) ?? emptyGroup(failure, cause);
  groups.set(key, group);
  group.count += failure.count;
  group[failure.state === 'dead' ? 'dead' : 'waiting'] += failure.count;
  if (failure.firstAt < group.first) group.first = failure.firstAt;
  if (failure.lastAt > group.last) {
    group.last = failure.lastAt;
    group.sampleId = failure.sampleId;
  }
}

const emptyGroup = ({ connection, error, firstAt, lastAt, sampleId }: FailureRow, cause: string): FailureCause => ({
  code: /^([a-z_]+): /.exec(error)?.[1] ?? 'internal',
  cause,
  connections: [connection],
  event: null,
  ...{ count: 0, dead: 0, waiting: 0 },
  first: firstAt,
  last: lastAt,
  sampleId,
  criteria: { connection, error: cause },
});

const unknownEvent = ({ connection, name, count, firstSeenAt, lastSeenAt, sampleId }: DriftRow): FailureCause => ({
  code: 'unknown_event',
  cause: 'unknown event',
  connections: [connection],
  event: name,
  ...{ count, dead: 0, waiting: 0 },
  first: firstSeenAt,
  last: lastSeenAt,
  sampleId,
  criteria: { connection, event: name },
});

/** The common part of failures of one kind: quoted names and words with digits are replaced by an ellipsis, statuses stay. */
export const errorPattern = (error: string): string =>
  error
    .replaceAll(/"[^"]*"|'[^']*'/g, '…')
    .replaceAll(/\S*\d\S*/g, (word) => (/^\d{1,3}[.,;:)]?$/.test(word) ? word : '…'))
    .replaceAll(/…(\s*…)+/g, '…');
