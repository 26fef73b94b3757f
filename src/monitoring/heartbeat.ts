import type { Context } from '../context.ts';
import { isGone } from '../domain/values/process-name.ts';
import { type ActivePeriod, recordHeartbeat, recordStop } from '../store/monitoring/heartbeats.ts';

const INTERVAL_MS = 5000;
/** A process without a heartbeat for this long is considered down. */
const SILENT_MS = 3 * INTERVAL_MS;
/** A platform sends its webhook within this time after the change. */
const DELIVERY_DELAY_MS = 3000;

export interface Heartbeat {
  /** False if the last heartbeat could not be written, since nothing else could be written either. */
  isWritten(): boolean;
  /** Records a clean stop. */
  stop(): Promise<void>;
}

/** Records that this process is alive, so that downtime can be distinguished from silence. `receives`: it answers webhooks. */
export async function startHeartbeat(context: Context, receives: boolean): Promise<Heartbeat> {
  const now = () => context.clock.now().toISOString();
  const record = () => recordHeartbeat(context.db.alone, context.processId, receives, now());
  // While the database is unavailable nothing is recorded: nothing was received in that time either.
  const tryRecord = () =>
    record().then(
      () => {
        written = true;
      },
      (error: unknown) => {
        written = false;
        context.log.warn('heartbeat_not_written', { error: String(error) });
      },
    );
  await record();
  let written = true;
  const timer = setInterval(() => void tryRecord(), INTERVAL_MS);
  return {
    isWritten: () => written,
    async stop() {
      clearInterval(timer);
      await context.db.write((sql) => recordStop(sql, context.processId, now())).catch(() => {});
    },
  };
}

/** When the service was up and when it was down. Times are ISO 8601. */
export interface DowntimeIndex {
  /** The downtime that `at` falls into; null: the service was up. Never before the first start. */
  downAt(at: string): { from: string; to: string } | null;
  wasDownSince(from: string): boolean;
  /** All downtimes after `from`, oldest first. */
  downtimes(from: string): { from: string; to: string }[];
}

/** Derives downtime from the recorded heartbeats. */
export function indexDowntime(periods: readonly ActivePeriod[], { now, processId }: { now: string; processId: string }): DowntimeIndex {
  const spans = joinSpans(periods.map((one) => ({ from: one.from, to: lastAnswerAt(one, now, processId) })));
  const gaps = spans.slice(1).map((span, position) => ({ from: spans[position]?.to ?? '', to: span.from }));
  const last = spans.at(-1);
  if (last && last.to < now) gaps.push({ from: last.to, to: now });
  const after = (from: string) => gaps.filter((gap) => gap.to > from);
  return {
    downAt: (at) => {
      const attempted = new Date(Date.parse(at) + DELIVERY_DELAY_MS).toISOString();
      return gaps.find((gap) => attempted > gap.from && at < gap.to) ?? null;
    },
    wasDownSince: (from) => after(from).length > 0,
    downtimes: (from) => after(from).map((gap) => ({ from: latest(gap.from, from), to: gap.to })),
  };
}

/** A live process answers until now; one that was killed answered until its last heartbeat, as far as is known. */
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
