import { PermanentFailure } from '../errors.ts';

/** Of 400 bytes each, as many as a body of 20 MB has. Each costs some 5 kB of memory while it is merged. */
const MOST_LINES = 50_000;

/**
 * Throws `PermanentFailure` (`too_many_lines`) for more lines or documents than memory is reserved for: a retry cannot succeed. Platforms check
 * before they read lines, since reading a hundred thousand of them takes as long as parsing them.
 */
export function checkLineCount(count: number): void {
  if (count > MOST_LINES) throw new PermanentFailure('too_many_lines', `${count} lines or documents are more than ${MOST_LINES}.`);
}
