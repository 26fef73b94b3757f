import { type EntityReport, hasUnreadableTime } from '../domain/entities/entity.ts';
import { mergeReport } from '../processing/merge/merge-entity.ts';
import type { Sql } from '../store/engine/database.ts';
import { entityKeyText, readStates } from '../store/entities/states.ts';
import type { ActiveRun } from './run-lease.ts';

/**
 * The reports whose time cannot be read and whose content differs from what is stored. They are not applied, because they may be older; a
 * run that found one has not seen everything.
 */
export async function findWithheld(sql: Sql, run: ActiveRun, reports: readonly EntityReport[]): Promise<Set<EntityReport>> {
  const untimed = reports.filter(hasUnreadableTime);
  if (untimed.length === 0) return new Set();
  const { connection, context } = run;
  const keyOf = ({ kind, externalId }: EntityReport) => ({ connection: connection.name, kind, externalId });
  const states = await readStates(sql, untimed.map(keyOf));
  const merging = {
    ...{ connection: connection.name, platform: connection.platform.name },
    ...{ at: context.clock.now().toISOString(), makeId: context.makeId },
  };
  const withheld = untimed.filter((report) => {
    const state = states.get(entityKeyText(keyOf(report)));
    if (!state) return false;
    const differencesOf = (one: EntityReport) => mergeReport(structuredClone(state), one, merging).change?.diff.length ?? 0;
    return differencesOf(asNewest(report)) > differencesOf(report);
  });
  return new Set(withheld);
}

/** The same report without any time, so that the order of arrival decides. */
const asNewest = (report: EntityReport): EntityReport => ({
  ...{ ...report, lastUpdatedAt: null, timeUnreadable: false },
  lines: report.lines.map((line) => (line.timeUnreadable ? { ...line, timeUnreadable: false } : line)),
});
