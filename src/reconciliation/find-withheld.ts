import { type EntityReport, hasUnreadableTime } from '../domain/entities/entity.ts';
import type { EntityState } from '../domain/entities/entity-state.ts';
import { createTurn } from '../domain/turn.ts';
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
    ...{ at: context.clock.now().toISOString(), makeId: context.makeId, turn: createTurn() },
  };
  const countDifferences = async (state: EntityState, report: EntityReport): Promise<number> =>
    (await mergeReport(structuredClone(state), report, merging)).change?.diff.length ?? 0;
  const withheld = new Set<EntityReport>();
  for (const report of untimed) {
    const state = states.get(entityKeyText(keyOf(report)));
    if (state && (await countDifferences(state, asNewest(report))) > (await countDifferences(state, report))) withheld.add(report);
  }
  return withheld;
}

/** The same report without any time, so that the order of arrival decides. */
const asNewest = (report: EntityReport): EntityReport => ({
  ...{ ...report, lastUpdatedAt: null, timeUnreadable: false },
  lines: report.lines.map((line) => (line.timeUnreadable ? { ...line, timeUnreadable: false } : line)),
});
