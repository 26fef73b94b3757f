import type { StoredTime } from '../../domain/entities/entity-state.ts';
import type { ReportedTime } from '../../domain/values/time.ts';

export type Age = 'newer' | 'equal' | 'older';

/**
 * If either side has no time, the order of arrival decides: newer. A time that cannot be read is never newer than a stored one.
 */
export function ageOf(reported: ReportedTime, stored: Partial<StoredTime>): Age {
  const storedTime = keyOf(stored);
  if (storedTime === null) return 'newer';
  if (reported.timeUnreadable) return 'older';
  const time = keyOf(reported);
  if (time === null || time > storedTime) return 'newer';
  return time === storedTime ? 'equal' : 'older';
}

/** The own time of a line or document, or the time of its report if it has none. */
export const timeOf = (part: ReportedTime, report: ReportedTime): ReportedTime => (isTimed(part) ? part : report);

export const isTimed = ({ lastUpdatedAt, timeUnreadable }: ReportedTime): boolean => lastUpdatedAt !== null || timeUnreadable === true;

/** Whether the report has a time later than the stored one; any time is later than none. */
export function isLater(reported: ReportedTime, stored: Partial<StoredTime>): boolean {
  const [time, storedTime] = [keyOf(reported), keyOf(stored)];
  return time !== null && (storedTime === null || time > storedTime);
}

/** Whether the report is compared by its own time, and not by its arrival. */
export const isBelieved = (reported: ReportedTime): boolean =>
  (keyOf(reported) ?? '') >= (keyOf({ lastUpdatedAt: reported.lastUpdatedAt }) ?? '');

/** Stores the reported time if it is later; returns whether it was. */
export function storeLater(stored: StoredTime, reported: ReportedTime): boolean {
  if (!isLater(reported, stored)) return false;
  stored.lastUpdatedAt = reported.lastUpdatedAt;
  stored.comparedAt = reported.comparedAt ?? null;
  return true;
}

// Without the trailing zone, a time with a longer fraction sorts after its own prefix (`…:00.5` before `…:00.55`).
function keyOf({ comparedAt, lastUpdatedAt }: { comparedAt?: string | null | undefined; lastUpdatedAt?: string | null }): string | null {
  const text = comparedAt ?? lastUpdatedAt ?? null;
  return text?.endsWith('Z') ? text.slice(0, -1) : text;
}
