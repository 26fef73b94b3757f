/**
 * Reads the times that platforms write, and gives ISO 8601 in UTC with milliseconds: `2026-02-01T08:00:00Z`, with offset, without
 * milliseconds, without a zone (then UTC), `2026-02-01 08:00:00`, a plain date, or seconds since 1970 as a number.
 * `null` for a missing or unreadable time.
 */
export function readTime(value: unknown): string | null {
  if (typeof value === 'number') return fromMs(value < 1e11 ? value * 1000 : value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(text);
  if (!match) return null;
  const [, date, time = '00:00:00', zone = 'Z'] = match;
  return fromMs(Date.parse(`${date}T${cutToMs(time)}${zone.toUpperCase()}`));
}

/** `yyyy-MM-dd` as it stands, or the date part of a time; `null` when there is none. */
export function readDate(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return /^\d{4}-\d{2}-\d{2}/.exec(value.trim())?.[0] ?? null;
}

// More than three fraction digits are not ISO to Date.parse everywhere: cut, never rounded, so that order is kept.
const cutToMs = (time: string): string => time.replace(/(\.\d{3})\d+$/, '$1');

function fromMs(ms: number): string | null {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null;
}
