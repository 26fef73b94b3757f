import type { RunRow } from '../store/reconciliation/list-runs.ts';
import type { StreamProgress } from '../store/reconciliation/runs.ts';

/** A reconcile run as shown in lists, without its gaps. */
export const runView = (run: RunRow) => ({
  id: run.id,
  connection: run.connection,
  trigger: run.trigger,
  state: run.state,
  startedAt: run.startedAt,
  finishedAt: run.finishedAt,
  watermark: watermarkOf(run),
  error: run.error,
  counts: run.counts,
});

/**
 * The watermark after the run: only a run that has read everything moves it, any other leaves it where it started. Several streams are
 * listed by name. Watermarks are strings in the platform's own format.
 */
function watermarkOf({ progress, state, counts }: RunRow): string | null {
  const moved = state === 'done' && counts.failed === 0;
  const markOf = ({ candidate, watermark }: StreamProgress): string | null => (moved ? candidate : null) ?? watermark;
  const known = Object.entries(progress)
    .map(([stream, at]) => [stream, markOf(at)] as const)
    .filter(([, mark]) => mark !== null);
  if (known.length <= 1) return known[0]?.[1] ?? null;
  return known.map(([stream, mark]) => `${stream}=${mark}`).join(' ');
}
