/** At most this many attempts, over about a day. */
export const MAX_ATTEMPTS = 12;
/** The number of attempts for a resource that the platform does not know. */
export const MAX_MISSING_ATTEMPTS = 3;
/** A resource that does not exist yet appears within seconds; one that never appears should be reported soon. */
export const MISSING_WAIT_MS = 10_000;

const FIRST_MS = 5000;
const GROWTH = 2.7;

/**
 * The delay before the next attempt after `failures` failed ones: exponential with full jitter, so that deliveries that failed together are
 * not retried together. The first is at most 5 s; eleven delays add up to 23 h on average, unless `longestMs` limits each of them. `random` is in
 * [0, 1).
 */
export const backoffMs = (failures: number, random: number, longestMs = Number.POSITIVE_INFINITY): number =>
  Math.round(random * Math.min(longestMs, FIRST_MS * GROWTH ** (failures - 1)));
