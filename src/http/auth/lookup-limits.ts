const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MOST_WRONG_PER_ADDRESS = 20;
const MOST_WRONG = 120;
const MOST_ADDRESSES = 10_000;

/**
 * Limits how often strangers can make us call an issuer about tokens: invalid tokens count, per address and in total. Addresses that sent a
 * valid one since yesterday are not affected by others.
 */
export interface LookupLimits {
  mayLookUp(address: string, nowMs: number): boolean;
  /** Whether this address sent a valid token since yesterday. */
  isSender(address: string, nowMs: number): boolean;
  answered(address: string, right: boolean, nowMs: number): void;
}

export function createLookupLimits(): LookupLimits {
  const wrong = new Map<string, number[]>();
  const rightAtMs = new Map<string, number>();
  let allWrong: number[] = [];
  const recent = (times: readonly number[], nowMs: number) => times.filter((atMs) => atMs > nowMs - MINUTE_MS);
  const isSender = (address: string, nowMs: number): boolean => (rightAtMs.get(address) ?? 0) > nowMs - DAY_MS;
  return {
    isSender,
    mayLookUp(address, nowMs) {
      if (recent(wrong.get(address) ?? [], nowMs).length >= MOST_WRONG_PER_ADDRESS) return false;
      if (isSender(address, nowMs)) return true;
      allWrong = recent(allWrong, nowMs);
      return allWrong.length < MOST_WRONG;
    },
    answered(address, right, nowMs) {
      const kept = right ? rightAtMs : wrong;
      for (const oldest of kept.keys()) {
        if (kept.size < MOST_ADDRESSES) break;
        kept.delete(oldest);
      }
      if (right) {
        rightAtMs.set(address, nowMs);
        return;
      }
      wrong.set(address, [...recent(wrong.get(address) ?? [], nowMs), nowMs]);
      allWrong = [...recent(allWrong, nowMs), nowMs];
    },
  };
}
