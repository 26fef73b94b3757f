import type { HeldTime } from '../../domain/entities/entity-state.ts';
import type { ReportedTime } from '../../domain/values/time.ts';

export type Age = 'newer' | 'equal' | 'older';

/**
 * Without a time on either side the order of arrival decides: newer. A time that cannot be read is never newer than one that is stored.
 */
export function ageOf(reported: ReportedTime, stored: Partial<HeldTime>): Age {
  const known = keyOf(stored);
  if (known === null) return 'newer';
  if (reported.timeUnreadable) return 'older';
  const told = keyOf(reported);
  if (told === null || told > known) return 'newer';
  return told === known ? 'equal' : 'older';
}

/** Whether the report has a time, and it is later than the stored one; any time is later than none. */
export function isLater(reported: ReportedTime, stored: Partial<HeldTime>): boolean {
  const [told, known] = [keyOf(reported), keyOf(stored)];
  return told !== null && (known === null || told > known);
}

/** Whether the reported time is what it is compared by, and not its arrival. */
export const isBelieved = (reported: ReportedTime): boolean =>
  (keyOf(reported) ?? '') >= (keyOf({ lastUpdatedAt: reported.lastUpdatedAt }) ?? '');

/** Keeps the later of the two times; true when it is the reported one. */
export function keepLater(stored: HeldTime, reported: ReportedTime): boolean {
  if (!isLater(reported, stored)) return false;
  stored.lastUpdatedAt = reported.lastUpdatedAt;
  stored.comparedAt = reported.comparedAt ?? null;
  return true;
}

// A finer fraction sorts behind its beginning only without the zone at the end.
function keyOf({ comparedAt, lastUpdatedAt }: { comparedAt?: string | null | undefined; lastUpdatedAt?: string | null }): string | null {
  const text = comparedAt ?? lastUpdatedAt ?? null;
  return text?.endsWith('Z') ? text.slice(0, -1) : text;
}
