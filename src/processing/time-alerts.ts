import type { Context } from '../context.ts';
import type { Alert } from '../domain/alert.ts';
import type { Drift } from '../domain/entities/drift.ts';
import { FUTURE_TIME, UNREADABLE_TIME } from '../domain/values/time.ts';

/** Opens alerts for reported times that could not be read, or are too far ahead. Called after the commit of the drift. */
export function alertOnTimes(context: Pick<Context, 'alerts'>, connection: string, drift: readonly Drift[]): void {
  const unreadable = drift.find(({ kind, name }) => kind === 'value' && name === UNREADABLE_TIME);
  const future = drift.find(({ kind, name }) => kind === 'value' && name === FUTURE_TIME);
  if (unreadable) context.alerts.open(unreadableTime(connection, unreadable.path));
  if (future) context.alerts.open(futureTime(connection, future.path));
}

const unreadableTime = (connection: string, path: string): Alert => ({
  level: 'warning',
  code: 'unreadable_time',
  connection,
  text: `${connection}: the time at ${path} could not be read. Content with an unreadable time never replaces content with a time.`,
  details: { path },
});

const futureTime = (connection: string, path: string): Alert => ({
  level: 'warning',
  code: 'future_time',
  connection,
  text: `${connection}: the time at ${path} is more than 24 hours in the future. It is stored as reported, but compared by its arrival.`,
  details: { path },
});
