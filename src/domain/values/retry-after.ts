/** The longest wait that a remote can ask for, so that waiting work ends. */
const LONGEST_MS = 3_600_000;

/** The milliseconds requested by a `Retry-After` header (RFC 9110: seconds, or a date), at most one hour; null if there is none. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, now: Date): number | null {
  const value = headers['retry-after']?.trim();
  if (!value) return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.min(LONGEST_MS, Math.ceil(Number(value) * 1000));
  const until = Date.parse(value);
  if (Number.isNaN(until)) return null;
  // A date refers to the remote's clock, which its `Date` header shows; ours may be off.
  const remoteNowMs = Date.parse(headers.date ?? '');
  return Math.min(LONGEST_MS, Math.max(0, until - (Number.isNaN(remoteNowMs) ? now.getTime() : remoteNowMs)));
}
