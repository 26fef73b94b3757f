import type { Rejection } from '../store/reconciliation/gaps.ts';

/** A change, and the time in which a refused request may have told of it. */
export interface Candidate {
  platformAt: string | null;
  from: string;
  /** Null: until now. */
  to: string | null;
}

/** With this many we know that not every one was kept, and how many there were no more. */
const MOST_COUNTED = 20;
const FAR_MS = 365 * 86_400_000;

/**
 * Which refused request told of which change. A request tells of one change: where all refusals were kept and are final (4xx), each explains
 * the change that lies nearest before it, and no other. Else any of them may have told of any.
 */
export function matchRejections<Change extends Candidate>(
  changes: readonly Change[],
  refusals: readonly Rejection[],
): Map<Change, Rejection> {
  const counted = refusals.length < MOST_COUNTED && refusals.every(({ status }) => status < 500);
  return counted ? matchNearest(changes, refusals) : matchAny(changes, refusals);
}

const mayTellOf = ({ from, to }: Candidate, { at }: Rejection): boolean => at >= from && (to === null || at <= to);

function matchAny<Change extends Candidate>(changes: readonly Change[], refusals: readonly Rejection[]): Map<Change, Rejection> {
  const found = new Map<Change, Rejection>();
  for (const change of changes) {
    const refusal = refusals.find((one) => mayTellOf(change, one));
    if (refusal) found.set(change, refusal);
  }
  return found;
}

function matchNearest<Change extends Candidate>(changes: readonly Change[], refusals: readonly Rejection[]): Map<Change, Rejection> {
  const pairs = changes.flatMap((change) => refusals.filter((one) => mayTellOf(change, one)).map((refusal) => ({ change, refusal })));
  const found = new Map<Change, Rejection>();
  const taken = new Set<Rejection>();
  for (const { change, refusal } of pairs.sort((a, b) => distanceMs(a) - distanceMs(b))) {
    if (found.has(change) || taken.has(refusal)) continue;
    found.set(change, refusal);
    taken.add(refusal);
  }
  return found;
}

/** A request comes after its change; that it seems to lie before it only comes of clocks that differ. */
function distanceMs({ change, refusal }: { change: Candidate; refusal: Rejection }): number {
  if (change.platformAt === null) return FAR_MS;
  const afterMs = Date.parse(refusal.at) - Date.parse(change.platformAt);
  return afterMs >= 0 ? afterMs : -10 * afterMs;
}
