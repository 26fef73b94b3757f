import type { Context } from '../context.ts';
import { isGone } from '../domain/process-name.ts';
import { type ActivePeriod, recordHeartbeat, recordStop } from '../store/monitoring/heartbeats.ts';

const BEAT_MS = 5000;
/** A process that has not been heard of for this long is not answering any more. */
const SILENT_MS = 3 * BEAT_MS;
/** A platform posts its webhook within this time of the change. */
const REACH_MS = 3000;

export interface Heartbeat {
  /** False since a sign of life could not be written: nothing else could be either. */
  isWritten(): boolean;
  /** Notes a clean stop. */
  stop(): Promise<void>;
}

/** Notes that this process is alive, so that a standstill can be told from silence. `receives`: it answers webhooks. */
export async function startHeartbeat(context: Context, receives: boolean): Promise<Heartbeat> {
  const now = () => context.clock.now().toISOString();
  const note = () => context.db.write((sql) => recordHeartbeat(sql, context.processId, receives, now()));
  // While the database is away there is nothing to note: those are times in which nothing was received.
  const tryNote = () =>
    note().then(
      () => {
        written = true;
      },
      (error: unknown) => {
        written = false;
        context.log.warn('heartbeat', { error: String(error) });
      },
    );
  await note();
  let written = true;
  const timer = setInterval(() => void tryNote(), BEAT_MS);
  return {
    isWritten: () => written,
    async stop() {
      clearInterval(timer);
      await context.db.write((sql) => recordStop(sql, context.processId, now())).catch(() => {});
    },
  };
}

/** When webhooks were answered and when not. Times are ISO 8601. */
export interface DowntimeIndex {
  /** The time around `at` in which nobody was alive to answer; null: somebody was. Never before the first start. */
  downAt(at: string): { from: string; to: string } | null;
  wasDownSince(from: string): boolean;
  /** The times in which nobody answered, after `from`; oldest first. */
  standstills(from: string): { from: string; to: string }[];
}

/** Reads when nobody answered off the signs of life. */
export function indexDowntime(awake: readonly ActivePeriod[], { now, processId }: { now: string; processId: string }): DowntimeIndex {
  const spans = joinSpans(awake.map((one) => ({ from: one.from, to: lastAnswerAt(one, now, processId) })));
  const holes = spans.slice(1).map((span, position) => ({ from: spans[position]?.to ?? '', to: span.from }));
  const last = spans.at(-1);
  if (last && last.to < now) holes.push({ from: last.to, to: now });
  const after = (from: string) => holes.filter((hole) => hole.to > from);
  return {
    downAt: (at) => {
      const attempted = new Date(Date.parse(at) + REACH_MS).toISOString();
      return holes.find((hole) => attempted > hole.from && at < hole.to) ?? null;
    },
    wasDownSince: (from) => after(from).length > 0,
    standstills: (from) => after(from).map((hole) => ({ from: latest(hole.from, from), to: hole.to })),
  };
}

/** A process that still lives answers until now; one that was killed did so until its last sign of life, as far as is known. */
function lastAnswerAt({ process, to, stopped }: ActivePeriod, now: string, self: string): string {
  if (stopped || isGone(process, self)) return to;
  return Date.parse(now) - Date.parse(to) < SILENT_MS && now > to ? now : to;
}

function joinSpans(spans: readonly { from: string; to: string }[]): { from: string; to: string }[] {
  const joined: { from: string; to: string }[] = [];
  for (const span of spans.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = joined.at(-1);
    if (last && span.from <= last.to) last.to = latest(span.to, last.to);
    else joined.push({ ...span });
  }
  return joined;
}

const latest = (...times: string[]): string => times.sort().at(-1) ?? '';
