/** At most this many attempts, over about a day. */
export const MAX_ATTEMPTS = 12;
/** A resource that its platform does not know is asked for again this often. */
export const MAX_MISSING_ATTEMPTS = 3;
/** A resource that is not there yet comes within seconds; one that never comes is better known soon. */
export const MISSING_WAIT_MS = 10_000;

const FIRST_MS = 5000;
const GROWTH = 2.7;

/**
 * Wait before the next attempt after `failures` failed ones: exponential with full jitter, so that many deliveries that failed together do
 * not come back together. The first is at most 5 s; eleven waits add up to 23 h on average, unless none is to be longer than `longestMs`. `random` is in
 * [0, 1).
 */
export const backoffMs = (failures: number, random: number, longestMs = Number.POSITIVE_INFINITY): number =>
  Math.round(random * Math.min(longestMs, FIRST_MS * GROWTH ** (failures - 1)));
