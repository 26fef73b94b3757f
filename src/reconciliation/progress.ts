import { readTime } from '../domain/values/time.ts';
import type { ListStream } from '../platforms/contract/api.ts';
import type { RunProgress, StreamProgress } from '../store/reconciliation/runs.ts';

/** Where a new run begins. */
export interface Beginning {
  watermarks: ReadonlyMap<string, string | null>;
  /** ISO 8601; null: the platform's own beginning. */
  since: string | null;
  /** True: `since` counts, not the watermarks. */
  ownSince: boolean;
  /** How far the failed run before it had come: the new one goes on from there. */
  failed: RunProgress | null;
  now: string;
}

/** Pages of a list that was begun longer ago are not gone on with: a platform's token does not last for ever. */
const STALE_MS = 24 * 3_600_000;

export function beginProgress(streams: readonly ListStream[], beginning: Beginning): RunProgress {
  return Object.fromEntries(streams.map(({ name }) => [name, beginStream(name, beginning)]));
}

function beginStream(name: string, { watermarks, since, ownSince, failed, now }: Beginning): StreamProgress {
  const watermark = ownSince ? null : believedWatermark(watermarks.get(name) ?? null, now);
  const before = failed?.[name];
  const fresh = before?.readFrom && Date.parse(now) - Date.parse(before.readFrom) < STALE_MS;
  if (before && fresh && !before.ownSince && before.watermark === watermark && before.since === since) return before;
  return { watermark, since, ownSince, page: null, readFrom: null, candidate: null, done: false };
}

/** A watermark that lies in the future is none: it was taken from a row that was dated so, perhaps by an earlier version. */
export const believedWatermark = (watermark: string | null, now: string): string | null =>
  (readTime(watermark) ?? '') > latestBelieved(now) ? null : watermark;

/** No platform's clock is further ahead of ours. */
export const latestBelieved = (now: string): string => new Date(Date.parse(now) + MOST_AHEAD_MS).toISOString();
const MOST_AHEAD_MS = 24 * 3_600_000;

/** A stream that is read from its beginning again. */
export function restart(stream: StreamProgress): void {
  Object.assign(stream, { page: null, candidate: null, readFrom: null, answeredAt: null, failedPage: null });
}

/**
 * The watermark to store for a stream that was read to its end; undefined: it stays. A run with a beginning of its own moves it only when it
 * left nothing out between the watermark and that beginning.
 */
export function watermarkAfter(stream: StreamProgress, held: string | null): string | null | undefined {
  if (stream.candidate === null || stream.candidate === held) return undefined;
  if (!stream.ownSince || held === null) return stream.candidate;
  const [heldAt, since] = [readTime(held), readTime(stream.since)];
  return heldAt !== null && since !== null && since <= heldAt ? stream.candidate : undefined;
}

/**
 * The span of platform time that a finished run has proven: to the moment at which the first of its lists was begun, or to the newest time
 * received where that is later. That moment is by our clock, and not later than the platform's own where its answer says what time it is.
 */
export function provenSpan(progress: RunProgress): { from: string | null; to: string } | null {
  const streams = Object.values(progress);
  const ends = streams.map((stream) => latest(readTime(stream.candidate), begunAt(stream))).filter((at) => at !== null);
  const to = ends.sort()[0];
  if (to === undefined || ends.length < streams.length) return null;
  const starts = streams.map((stream) => readTime(stream.watermark) ?? (stream.watermark === null ? readTime(stream.since) : null));
  return { from: starts.includes(null) ? null : (starts.filter((at) => at !== null).sort()[0] ?? null), to };
}

/** A `Date` is cut to its second: only one that is more than a second behind our clock says something else than it. */
function begunAt({ readFrom, answeredAt = null }: StreamProgress): string | null {
  if (readFrom === null || answeredAt === null) return readFrom;
  return Date.parse(readFrom) - Date.parse(answeredAt) >= 1000 ? answeredAt : readFrom;
}

const latest = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b > a) ? b : a);
