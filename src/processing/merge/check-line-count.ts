import type { EntityReport } from '../../domain/entities/entity.ts';
import type { EntityState } from '../../domain/entities/entity-state.ts';
import { checkLineCount } from '../../domain/entities/line-limit.ts';

/** Throws `PermanentFailure` (`too_many_lines`) for more lines or documents than an entity may have. */
export function checkReportedCount({ lines, documents }: EntityReport): void {
  checkLineCount(Math.max(lines.length, documents?.length ?? 0));
}

/** The same for an entity to which a report added: all of its lines and documents are read with every later report, however small that is. */
export function checkStoredCount({ lines, documents }: EntityState): void {
  checkLineCount(Math.max(lines.size, documents.size));
}
