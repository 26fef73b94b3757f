import { isObject, textAt } from './json.ts';

/**
 * Parses the times that platforms write and returns ISO 8601 in UTC with milliseconds: ISO 8601 with any number of fraction digits, with
 * an offset or without a zone (then UTC), a plain date; unix time in s, ms, µs or ns, as a number or as text; RFC 2822.
 * `null` for a missing or unreadable time.
 */
export const readTime = (value: unknown): string | null => readInstant(value)?.at ?? null;

/** The same for input of operators and API clients: ISO 8601 with dashes, and no bare numbers, which are ambiguous. */
export const readIsoTime = (text: string): string | null => (/^\s*\d{4}-/.test(text) ? readTime(text) : null);

/** The drift names of a reported time that cannot be read, and of one that is too far in the future. */
export const UNREADABLE_TIME = 'unreadable_time';
export const FUTURE_TIME = 'future_time';

/** A time reported by a platform, if it can be read. */
export interface ReportedTime {
  /** ISO 8601 UTC, milliseconds; null: none was reported, or it cannot be read. */
  lastUpdatedAt: string | null;
  /** A time was reported and cannot be read: it never counts as newer. */
  timeUnreadable?: boolean;
  /** The value used in comparisons if it differs from `lastUpdatedAt`: finer than milliseconds, or the arrival for a time in the future. */
  comparedAt?: string;
}

/** The time of the last change, from the first of these members that has a value. */
export function readReportedTime(...members: readonly unknown[]): ReportedTime {
  const reported = members.find(isReported);
  if (reported === undefined) return { lastUpdatedAt: null };
  const instant = readInstant(reported);
  if (instant === null) return { lastUpdatedAt: null, timeUnreadable: true };
  return instant.finer === '' ? { lastUpdatedAt: instant.at } : { lastUpdatedAt: instant.at, comparedAt: withoutZone(instant) };
}

/** Whether a member has a value: some platforms write a missing value as `null`, an empty string or `{}`. */
export const isReported = (value: unknown): boolean => {
  if (typeof value === 'string') return value.trim() !== '';
  if (isObject(value) || Array.isArray(value)) return Object.keys(value).length > 0;
  return value !== undefined && value !== null;
};

/** `yyyy-MM-dd` unchanged, or the date part of a time; `null` if there is none. */
export function readDate(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return /^\d{4}-\d{2}-\d{2}/.exec(value.trim())?.[0] ?? null;
}

/** `at`: truncated to milliseconds, never rounded, so that order is preserved; `finer`: the digits after them, without trailing zeros. */
interface Instant {
  readonly at: string;
  readonly finer: string;
}

const LONGEST = 100;
const FINEST_DIGITS = 9;

function readInstant(value: unknown): Instant | null {
  const text = typeof value === 'boolean' ? '' : (textAt(value)?.trim() ?? '');
  if (text === '' || text.length > LONGEST) return null;
  const known = recent.get(text);
  if (known !== undefined) return known;
  const instant = readIso(text) ?? readUnix(text) ?? readRfc2822(text);
  if (recent.size >= MOST_RECENT) recent.clear();
  recent.set(text, instant);
  return instant;
}

// A message repeats the same few times: for each line, and for the comparison with the known shape.
const recent = new Map<string, Instant | null>();
const MOST_RECENT = 256;

// The texts of two instants sort like the instants if neither ends in `Z`: a longer fraction sorts after its own prefix.
const withoutZone = ({ at, finer }: Instant): string => at.slice(0, -1) + finer;

function instantOf(ms: number, fraction: string): Instant | null {
  if (!Number.isFinite(ms)) return null;
  const whole = ms + Number(fraction.padEnd(3, '0').slice(0, 3));
  const date = new Date(whole);
  if (!(date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= 9999)) return null;
  return { at: date.toISOString(), finer: fraction.slice(3, 3 + FINEST_DIGITS).replace(/0+$/, '') };
}

const DAY = String.raw`(\d{4})(-?)(\d{2})\2(\d{2})`;
const CLOCK = String.raw`(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?`;
const ZONE = String.raw`(Z|UTC|GMT|[+\-−]\d{2}(?::?\d{2})?)`;
// Java appends the name of the zone in brackets after the offset.
const ISO = new RegExp(`^${DAY}(?:(?:T|\\s+)${CLOCK})?\\s*${ZONE}?(?:\\[[\\w/+-]+\\])?$`, 'i');

function readIso(text: string): Instant | null {
  const [, year, , month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = ISO.exec(text) ?? [];
  if (year === undefined) return null;
  const ms = msOf({ year: Number(year), month: Number(month), day: Number(day), hour, minute, second });
  const offset = offsetMinutes(zone);
  return ms === null || offset === null ? null : instantOf(ms - offset * 60_000, fraction);
}

interface Clock {
  year: number;
  /** From 1. */
  month: number;
  day: number;
  hour: string;
  minute: string;
  second: string;
}

/** Null for a day or an hour that does not exist. 24:00 is the end of a day, and second 60 a leap second. */
function msOf({ year, month, day, hour, minute, second }: Clock): number | null {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)];
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isEndOfDay = hours === 24 && minutes === 0 && seconds === 0;
  if (!exists || (hours > 23 && !isEndOfDay) || minutes > 59 || seconds > 60) return null;
  return date.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

function offsetMinutes(zone: string): number | null {
  const [, sign, hours, minutes = '00'] = /^([+\-−])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  const offset = Number(hours) * 60 + Number(minutes);
  return sign === '+' ? offset : -offset;
}

// Whole digits of a unix time, by its unit: seconds up to the year 5138, and so on. Anything larger is not a time.
const UNITS: readonly (readonly [below: number, exponent: number])[] = [
  [1e11, 0],
  [1e14, 3],
  [1e17, 6],
  [1e20, 9],
];

function readUnix(text: string): Instant | null {
  const [, sign, whole, fraction = ''] = /^([+-]?)(\d+)(?:[.,](\d+))?$/.exec(plainDigits(text)) ?? [];
  if (whole === undefined) return null;
  const exponent = UNITS.find(([below]) => Number(whole) < below)?.[1];
  if (exponent === undefined) return null;
  const digits = whole.padStart(exponent + 1, '0');
  const seconds = Number(digits.slice(0, digits.length - exponent));
  const rest = digits.slice(digits.length - exponent) + fraction;
  return sign === '-' ? instantOf(-Math.ceil(Number(`${seconds}.${rest}0`) * 1000), '') : instantOf(seconds * 1000, rest);
}

const plainDigits = (text: string): string => (/^[+-]?\d+(?:\.\d+)?e[+-]?\d+$/i.test(text) ? String(Number(text)) : text);

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const NAMED_ZONES: Readonly<Record<string, string>> = {
  ...{ ut: 'Z', utc: 'Z', gmt: 'Z', z: 'Z', est: '-0500', edt: '-0400', cst: '-0600' },
  ...{ cdt: '-0500', mst: '-0700', mdt: '-0600', pst: '-0800', pdt: '-0700' },
};
const RFC_2822 =
  /^(?:[a-z]{3,9},?\s+)?(\d{1,2})\s+([a-z]{3})\s+(\d{2}|\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([+-]\d{4}|[a-z]{1,3})?(?:\s*\([^)]*\))?$/i;

function readRfc2822(text: string): Instant | null {
  const [, day, name = '', year = '', hour = '', minute = '', second = '00', zone = 'Z'] = RFC_2822.exec(text) ?? [];
  const month = MONTHS.indexOf(name.toLowerCase()) + 1;
  const offset = NAMED_ZONES[zone.toLowerCase()] ?? (/^[+-]/.test(zone) ? zone : null);
  if (day === undefined || month === 0 || offset === null) return null;
  const century = year.length === 4 ? 0 : Number(year) < 50 ? 2000 : 1900;
  const ms = msOf({ year: century + Number(year), month, day: Number(day), hour, minute, second });
  const minutes = offsetMinutes(offset);
  return ms === null || minutes === null ? null : instantOf(ms - minutes * 60_000, '');
}
