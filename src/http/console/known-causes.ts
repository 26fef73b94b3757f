import { PERMANENT } from '../../domain/outcome.ts';
import { type DeliveryRow, readDeliveries } from '../../store/deliveries/list.ts';
import type { Sql } from '../../store/engine/database.ts';
import { readCauses } from '../../views/causes.ts';
import type { KnownCause } from './trouble.ts';

const MOST_SAMPLES = 50;

/** Why deliveries failed, with what each group's sample tells: whether the sender got an error, and whether an unknown event was applied anyway. */
export async function readKnownCauses(sql: Sql, filter: { connection: string | null }): Promise<KnownCause[]> {
  const causes = await readCauses(sql, filter);
  const needsSample = causes.filter(({ event, dead, code }) => event !== null || (dead > 0 && PERMANENT.has(code)));
  const sampleIds = needsSample.map(({ sampleId }) => sampleId);
  const samples = await readSamples(sql, sampleIds);
  return causes.map((cause) => {
    const sample = samples.get(cause.sampleId);
    if (!sample) return cause;
    return { ...cause, onArrival: sample.attempts.length === 0, isApplied: cause.event !== null && wasApplied(sample) };
  });
}

/** An unknown event that carries a readable snapshot is applied as that; any other is only stored. */
export const wasApplied = (sample: DeliveryRow | undefined): boolean => sample?.state === 'done';

/** The first sample deliveries, by id; those that retention has deleted are absent. */
export async function readSamples(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, DeliveryRow>> {
  const found = await readDeliveries(sql, ids.slice(0, MOST_SAMPLES));
  return new Map(found.map((sample) => [sample.id, sample]));
}
