/** Time, randomness and identifiers, as arguments: the program reads none of them from the ground it stands on. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A number in [0, 1), as `Math.random` gives it. */
export type Random = () => number;

/** Makes a new identifier: a UUID, version 7, so that ids sort by the time they were made. */
export type MakeId = () => string;

/** ISO 8601, UTC, milliseconds: the only way a time is written anywhere in the store or the API. */
export const isoTime = (date: Date): string => date.toISOString();

/** UUID version 7 (RFC 9562): 48 bits of milliseconds, then the random bits of `uuid`, a UUID version 4. */
export function uuidV7(nowMs: number, uuid: string): string {
  const time = nowMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${uuid.slice(15)}`;
}
