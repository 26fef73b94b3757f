const MOST_CHARACTERS = 150;
// Longer than any path that a file system accepts: the rest is ignored.
const MOST_READ = 5000;

/**
 * Sanitises a file name from outside for display and as a suggestion for saving: its last segment, without control characters, without
 * characters that change the reading direction (they make `exe.fdp` look like `pdf.exe`), without leading dots. Null if nothing is left.
 * It is never used as a path.
 */
export function displayName(name: string | null): string | null {
  const plain = (name ?? '')
    .slice(0, MOST_READ)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .split(/[\\/]/)
    .findLast((segment) => segment.trim() !== '')
    ?.replaceAll(/[:*?"<>|]/g, '_');
  const trimmed = withoutOuterDots(plain ?? '');
  return trimmed ? [...trimmed].slice(0, MOST_CHARACTERS).join('') : null;
}

const isOuter = (character: string | undefined): boolean => character === '.' || character === ' ';

// Not a regular expression, since one anchored at the end would start over at every dot.
function withoutOuterDots(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isOuter(text[from])) from++;
  while (to > from && isOuter(text[to - 1])) to--;
  return text.slice(from, to);
}
