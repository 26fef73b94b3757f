/** The Levenshtein distance: insertions, deletions and replacements. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, position) => position);
  for (const [i, letter] of [...a].entries()) {
    let diagonal = row[0] ?? 0;
    row = row.map((above, j) => {
      if (j === 0) return i + 1;
      const cost = Math.min(diagonal + (b[j - 1] === letter ? 0 : 1), above + 1);
      diagonal = above;
      return cost;
    });
    for (let j = 1; j < row.length; j++) row[j] = Math.min(row[j] ?? 0, (row[j - 1] ?? 0) + 1);
  }
  return row.at(-1) ?? 0;
}
