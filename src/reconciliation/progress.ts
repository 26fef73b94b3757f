import { readTime } from '../domain/values/time.ts';
import type { ListStream } from '../platforms/contract/api.ts';
import type { RunProgress, StreamProgress } from '../store/reconciliation/runs.ts';

/** Where a new run begins. */
export interface Beginning {
  watermarks: ReadonlyMap<string, string | null>;
  /** ISO 8601; null: the platform's own beginning. */
  since: string | null;
  /** True: `since` applies instead of the watermarks. */
  ownSince: boolean;
  /** The progress of the failed run before it: the new one continues from there. */
  failed: RunProgress | null;
  now: string;
}

/** A list that was started longer ago is read from its beginning: page tokens expire. */
const STALE_MS = 24 * 3_600_000;

export function beginProgress(streams: readonly ListStream[], beginning: Beginning): RunProgress {
  return Object.fromEntries(streams.map(({ name }) => [name, beginStream(name, beginning)]));
}

function beginStream(name: string, { watermarks, since, ownSince, failed, now }: Beginning): StreamProgress {
  const watermark = ownSince ? null : trustedWatermark(watermarks.get(name) ?? null, now);
  const before = failed?.[name];
  const fresh = before?.readFrom && Date.parse(now) - Date.parse(before.readFrom) < STALE_MS;
  if (before && fresh && !before.ownSince && before.watermark === watermark && before.since === since) return before;
  return { watermark, since, ownSince, page: null, readFrom: null, candidate: null, done: false };
}

/** A watermark in the future is discarded: it came from a row with a wrong date, perhaps stored by an earlier version. */
export const trustedWatermark = (watermark: string | null, now: string): string | null =>
  (readTime(watermark) ?? '') > latestTrusted(now) ? null : watermark;

/** The furthest that a platform's clock is expected to be ahead of ours. */
export const latestTrusted = (now: string): string => new Date(Date.parse(now) + MOST_AHEAD_MS).toISOString();
const MOST_AHEAD_MS = 24 * 3_600_000;

/** Resets a stream so that it is read from its beginning. */
export function restart(stream: StreamProgress): void {
  Object.assign(stream, { page: null, candidate: null, readFrom: null, answeredAt: null, failedPage: null });
}

/**
 * The watermark to store for a stream that was read to its end; undefined: unchanged. A run with its own `since` moves it only if it
 * skipped nothing between the watermark and that time.
 */
export function watermarkAfter(stream: StreamProgress, stored: string | null): string | null | undefined {
  if (stream.candidate === null || stream.candidate === stored) return undefined;
  if (!stream.ownSince || stored === null) return stream.candidate;
  const [storedAt, since] = [readTime(stored), readTime(stream.since)];
  return storedAt !== null && since !== null && since <= storedAt ? stream.candidate : undefined;
}

/**
 * The span of platform time that a finished run has proven: up to the moment its first list was started, or the newest time received if
 * that is later. That moment is taken from our clock, but is never later than the platform's own time where its response states it.
 */
export function provenSpan(progress: RunProgress): { from: string | null; to: string } | null {
  const streams = Object.values(progress);
  const ends = streams.map((stream) => latest(readTime(stream.candidate), begunAt(stream))).filter((at) => at !== null);
  const to = ends.sort()[0];
  if (to === undefined || ends.length < streams.length) return null;
  const starts = streams.map((stream) => readTime(stream.watermark) ?? (stream.watermark === null ? readTime(stream.since) : null));
  return { from: starts.includes(null) ? null : (starts.filter((at) => at !== null).sort()[0] ?? null), to };
}

/** `Date` headers are truncated to the second: only one more than a second behind our clock shows a difference. */
function begunAt({ readFrom, answeredAt = null }: StreamProgress): string | null {
  if (readFrom === null || answeredAt === null) return readFrom;
  return Date.parse(readFrom) - Date.parse(answeredAt) >= 1000 ? answeredAt : readFrom;
}

const latest = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b > a) ? b : a);
