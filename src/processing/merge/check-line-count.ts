import type { EntityReport } from '../../domain/entities/entity.ts';
import { PermanentFailure } from '../../domain/errors.ts';

/** Of 400 bytes each, as many as a body of 20 MB has. Each costs some 5 kB of memory while it is merged. */
const MOST_LINES = 50_000;

/** Throws `PermanentFailure` (`too_many_lines`) for more lines or documents than memory is kept for: a retry cannot succeed. */
export function checkLineCount({ lines, documents }: EntityReport): void {
  const count = Math.max(lines.length, documents?.length ?? 0);
  if (count > MOST_LINES) throw new PermanentFailure('too_many_lines', `${count} lines or documents are more than ${MOST_LINES}.`);
}
