/** The time at which a page is rendered, and its reader's time zone (an IANA name). */
export interface Moment {
  now: Date;
  zone: string;
}

const FIELDS = { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Null for a name that is not a time zone. */
function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone);
  if (known) return known;
  try {
    const made = new Intl.DateTimeFormat('en-GB', { ...FIELDS, hourCycle: 'h23', timeZone: zone });
    formats.set(zone, made);
    return made;
  } catch {
    return null;
  }
}

/** The zone in the cookie, or UTC. */
export const zoneOf = (requested: string | null): string =>
  requested !== null && /^[A-Za-z0-9_+\-/]{1,64}$/.test(requested) && formatOf(requested) !== null ? requested : 'UTC';

interface Parts {
  year: string;
  month: string;
  day: string;
  clock: string;
}

function partsOf(date: Date, zone: string): Parts {
  const parts = formatOf(zone)?.formatToParts(date) ?? [];
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.find(({ type }) => type === name)?.value ?? '';
  return { year: part('year'), month: part('month'), day: part('day'), clock: `${part('hour')}:${part('minute')}:${part('second')}` };
}

/** The shortest clear form: `06:20:23` today, `28 Feb 06:20` this year, `28 Feb 2025` before. */
export function shortTime(iso: string, { now, zone }: Moment): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const [then, today] = [partsOf(date, zone), partsOf(now, zone)];
  if (then.year !== today.year) return `${then.day} ${then.month} ${then.year}`;
  if (then.month !== today.month || then.day !== today.day) return `${then.day} ${then.month} ${then.clock.slice(0, 5)}`;
  return then.clock;
}

/** `28 Feb 2026 06:20:23 UTC`: exact to the second, with its zone. */
export function exactTime(iso: string, zone: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const { year, month, day, clock } = partsOf(date, zone);
  return `${day} ${month} ${year} ${clock} ${zone}`;
}

/** The hour of the day for a chart: `06:00`. */
export const hourText = (date: Date, zone: string): string => partsOf(date, zone).clock.slice(0, 5);

/** How far a zone is ahead of UTC at a moment, in milliseconds. */
function offsetMs(at: number, zone: string): number {
  const { year, day, clock } = partsOf(new Date(at), zone);
  const month =
    formatOf(zone)
      ?.formatToParts(new Date(at))
      .find(({ type }) => type === 'month')?.value ?? 'Jan';
  return Date.parse(`${day} ${month} ${year} ${clock} UTC`) - Math.floor(at / 1000) * 1000;
}

// `Date.parse` alone takes 1.3.2026 for the third of January.
const ISO = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/;

/** Reads `2026-03-01T08:00` in a zone, or a time that names its own; null for anything else. */
export function utcOf(text: string, zone: string): string | null {
  if (!ISO.test(text)) return null;
  const local = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text);
  const at = Date.parse(local ? `${text}Z` : text);
  if (Number.isNaN(at)) return null;
  // Twice: the first offset may be that of the other side of a clock change.
  const utc = local ? at - offsetMs(at - offsetMs(at, zone), zone) : at;
  return new Date(utc).toISOString();
}

/** `2026-03-01T08:00`, the format of a browser's field for a local time. */
export function localInput(iso: string, zone: string): string {
  const at = Date.parse(iso);
  return new Date(at + offsetMs(at, zone)).toISOString().slice(0, 16);
}
