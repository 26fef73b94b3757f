/** A page of rows ends at about this size of their JSON, whatever its number of rows: one order may have 50,000 lines. */
export const PAGE_BYTES = 4 * 1024 * 1024;

/** How many rows are on a page that ends at `limit` rows or 4 MiB, whichever comes first, but never before its first row. */
export function countOnPage(sizes: readonly { bytes: number }[], limit: number): number {
  let [count, bytes] = [0, 0];
  for (const size of sizes) {
    bytes += size.bytes;
    if (count === limit || (count > 0 && bytes > PAGE_BYTES)) break;
    count += 1;
  }
  return count;
}
