import type { Rejection } from '../store/reconciliation/gaps.ts';

/** A change, and the window in which a rejected request may have reported it. */
export interface Candidate {
  platformAt: string | null;
  from: string;
  /** Null: until now. */
  to: string | null;
}

/** At this number rejections are no longer all stored, so their count is unknown. */
const MAX_COUNTED = 20;
const FAR_MS = 365 * 86_400_000;

/**
 * Which rejected request reported which change. A request reports one change: if all rejections were stored and are final (4xx), each
 * explains only the change closest before it. Otherwise any of them may have reported any change.
 */
export function matchRejections<Change extends Candidate>(
  changes: readonly Change[],
  rejections: readonly Rejection[],
): Map<Change, Rejection> {
  const counted = rejections.length < MAX_COUNTED && rejections.every(({ status }) => status < 500);
  return counted ? matchNearest(changes, rejections) : matchAny(changes, rejections);
}

const mayReport = ({ from, to }: Candidate, { at }: Rejection): boolean => at >= from && (to === null || at <= to);

function matchAny<Change extends Candidate>(changes: readonly Change[], rejections: readonly Rejection[]): Map<Change, Rejection> {
  const found = new Map<Change, Rejection>();
  for (const change of changes) {
    const rejection = rejections.find((one) => mayReport(change, one));
    if (rejection) found.set(change, rejection);
  }
  return found;
}

function matchNearest<Change extends Candidate>(changes: readonly Change[], rejections: readonly Rejection[]): Map<Change, Rejection> {
  const pairs = changes.flatMap((change) => rejections.filter((one) => mayReport(change, one)).map((rejection) => ({ change, rejection })));
  const found = new Map<Change, Rejection>();
  const taken = new Set<Rejection>();
  for (const { change, rejection } of pairs.sort((a, b) => distanceMs(a) - distanceMs(b))) {
    if (found.has(change) || taken.has(rejection)) continue;
    found.set(change, rejection);
    taken.add(rejection);
  }
  return found;
}

/** A request follows its change; it can only seem to precede it because clocks differ. */
function distanceMs({ change, rejection }: { change: Candidate; rejection: Rejection }): number {
  if (change.platformAt === null) return FAR_MS;
  const afterMs = Date.parse(rejection.at) - Date.parse(change.platformAt);
  return afterMs >= 0 ? afterMs : -10 * afterMs;
}
