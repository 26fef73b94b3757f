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

/** UUID version 7 (RFC 9562): 48 bits of milliseconds, then random bits. */
export function uuidV7(nowMs: number, randomBytes: Uint8Array): string {
  const bytes = new Uint8Array(16);
  bytes.set(randomBytes.subarray(0, 16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(nowMs / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
