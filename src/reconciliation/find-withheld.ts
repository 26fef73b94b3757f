import { type EntityReport, hasUnreadableTime } from '../domain/entities/entity.ts';
import { mergeReport } from '../processing/merge/merge-entity.ts';
import type { Sql } from '../store/engine/database.ts';
import { entityKeyText, readStates } from '../store/entities/states.ts';
import type { ActiveRun } from './run-lease.ts';

/**
 * Those of the reports whose time cannot be read and whose content differs from what is stored: it is not applied, since it may be older. A run
 * that met one has not seen everything.
 */
export async function findWithheld(sql: Sql, run: ActiveRun, reports: readonly EntityReport[]): Promise<Set<EntityReport>> {
  const untimed = reports.filter(hasUnreadableTime);
  if (untimed.length === 0) return new Set();
  const { connection, context } = run;
  const keyOf = ({ kind, externalId }: EntityReport) => ({ connection: connection.name, kind, externalId });
  const states = await readStates(sql, untimed.map(keyOf));
  const occasion = {
    ...{ connection: connection.name, platform: connection.platform.name },
    ...{ at: context.clock.now().toISOString(), makeId: context.makeId },
  };
  const withheld = untimed.filter((report) => {
    const state = states.get(entityKeyText(keyOf(report)));
    if (!state) return false;
    const differencesOf = (one: EntityReport) => mergeReport(structuredClone(state), one, occasion).change?.diff.length ?? 0;
    return differencesOf(asNewest(report)) > differencesOf(report);
  });
  return new Set(withheld);
}

/** The same without any time: the order of arrival would count. */
const asNewest = (report: EntityReport): EntityReport => ({
  ...{ ...report, lastUpdatedAt: null, timeUnreadable: false },
  lines: report.lines.map((line) => (line.timeUnreadable ? { ...line, timeUnreadable: false } : line)),
});
