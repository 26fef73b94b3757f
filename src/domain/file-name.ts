const MOST_CHARACTERS = 150;

/**
 * A file name from outside, made fit to be shown and to be suggested for saving: its last segment, without control characters, without those
 * that change the reading direction (they make `exe.fdp` look like `pdf.exe`), without leading dots. Null when nothing is left.
 * It is never used as a path.
 */
export function displayName(name: string | null): string | null {
  const plain = (name ?? '')
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .split(/[\\/]/)
    .findLast((segment) => segment.trim() !== '')
    ?.replaceAll(/[:*?"<>|]/g, '_')
    .replaceAll(/^[. ]+|[. ]+$/g, '');
  return plain ? [...plain].slice(0, MOST_CHARACTERS).join('') : null;
}
