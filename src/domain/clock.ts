/** Time, randomness and identifiers are passed as arguments; the program never reads them from its environment directly. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A number in [0, 1), like `Math.random`. */
export type Random = () => number;

/** Creates an identifier: a UUID of version 7, so that ids sort by creation time. */
export type MakeId = () => string;

/** ISO 8601, UTC, milliseconds: the only format of times in the store and the API. */
export const isoTime = (date: Date): string => date.toISOString();

/** UUID version 7 (RFC 9562): 48 bits of milliseconds, then the random bits of `uuid`, a UUID version 4. */
export function uuidV7(nowMs: number, uuid: string): string {
  const time = nowMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${uuid.slice(15)}`;
}
