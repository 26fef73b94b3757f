/** Most deliveries of the first transaction of a backlog. */
export const FIRST_BATCH = 100;
/** Most deliveries of a transaction: beyond this, its fixed cost is only a small part, and other writers would wait longer. */
const LARGEST_BATCH = 400;

export interface BatchSize {
  /** Most deliveries of the next transaction. */
  next(): number;
  /** Called after a transaction that might take `most` deliveries and took `taken`. Returns true if it was full: there may be more. */
  ended(most: number, taken: number | null): boolean;
}

/**
 * Doubles the size of transactions after each full one, up to 400, so that the fixed cost of each is shared by more deliveries. Returns to 100
 * after one that was not full.
 */
export function createBatchSize(): BatchSize {
  let size = FIRST_BATCH;
  return {
    next: () => size,
    ended(most, taken) {
      const full = taken !== null && taken >= most;
      size = full ? Math.min(LARGEST_BATCH, Math.max(size, most * 2)) : FIRST_BATCH;
      return full;
    },
  };
}
