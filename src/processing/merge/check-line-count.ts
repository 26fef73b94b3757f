import type { EntityReport } from '../../domain/entities/entity.ts';
import type { EntityState } from '../../domain/entities/entity-state.ts';
import { PermanentFailure } from '../../domain/errors.ts';

/** Of 400 bytes each, as many as a body of 20 MB has. Each costs some 5 kB of memory while it is merged. */
const MOST_LINES = 50_000;

/** Throws `PermanentFailure` (`too_many_lines`) for more lines or documents than memory is reserved for: a retry cannot succeed. */
export function checkLineCount({ lines, documents }: EntityReport): void {
  checkCount(Math.max(lines.length, documents?.length ?? 0));
}

/** The same for an entity to which a report added: all of its lines and documents are read with every later report, however small that is. */
export function checkStoredCount({ lines, documents }: EntityState): void {
  checkCount(Math.max(lines.size, documents.size));
}

function checkCount(count: number): void {
  if (count > MOST_LINES) throw new PermanentFailure('too_many_lines', `${count} lines or documents are more than ${MOST_LINES}.`);
}
