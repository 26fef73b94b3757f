import { isObject, type Json, textAt } from '../domain/values/json.ts';
import type { RunRow } from '../store/reconciliation/list-runs.ts';

/** A reconcile run as it is shown, without its gaps. */
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
 * The watermark that the run left behind: only one that has read everything moves it, any other stands where it began. Of several streams
 * each is named. Watermarks are strings of the platforms' own making.
 */
function watermarkOf({ progress, state, counts }: RunRow): string | null {
  if (!isObject(progress)) return null;
  const moved = state === 'done' && counts.failed === 0;
  const markOf = (at: Json | undefined): string | null =>
    isObject(at) ? textAt((moved ? at.candidate : null) ?? at.watermark) : textAt(at);
  const known = Object.entries(progress)
    .map(([stream, at]) => [stream, markOf(at)] as const)
    .filter(([, mark]) => mark !== null);
  if (known.length <= 1) return known[0]?.[1] ?? null;
  return known.map(([stream, mark]) => `${stream}=${mark}`).join(' ');
}
