const CENTRAL = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Chicago',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** An instant as local time in Chicago, `yyyy-mm-ddThh:mm:ss` without a zone: the format of list filters. */
export function writeCentral(at: Date): string {
  const part = Object.fromEntries(CENTRAL.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
}

/** The instant of such a text, or the first of the two in the hour repeated at the end of summer time; null if unreadable. */
export function readCentral(text: string): Date | null {
  const asUtc = Date.parse(`${text.length === 10 ? `${text}T00:00:00` : text.replace(' ', 'T')}Z`);
  if (Number.isNaN(asUtc)) return null;
  for (const hours of [5, 6]) {
    const candidate = new Date(asUtc + hours * 3_600_000);
    if (Date.parse(`${writeCentral(candidate)}Z`) === asUtc) return candidate;
  }
  return new Date(asUtc + 6 * 3_600_000);
}
