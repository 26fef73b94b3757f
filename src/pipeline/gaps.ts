import type { EntityKind } from '../domain/entity.ts';
import { subjectText } from '../domain/entity.ts';
import type { Sql } from '../store/database.ts';
import {
  findLateGaps,
  findUnworked,
  type GapCause,
  insertGaps,
  markLate,
  type NewGap,
  type Refusal,
  readPreviousRunStart,
  readRefusals,
  type Unworked,
} from '../store/gap-rows.ts';
import { readAwake } from '../store/uptime.ts';
import type { Context } from './context.ts';
import { type Awakeness, describeAwakeness } from './standstill.ts';

/** A change that a run has applied. */
export interface FoundChange {
  kind: EntityKind;
  externalId: string;
  /** Position in the feed. */
  position: number;
  /** The platform's own time of it; null: it gives none. */
  platformAt: string | null;
}

export interface GapSearch {
  connection: string;
  runId: string;
  /** ISO 8601. */
  now: string;
  /** This process, by the name it has in leases. */
  processId: string;
}

/** How far the platform's clock and ours may be apart. */
const SKEW_MS = 5 * 60_000;

/**
 * Lists what a run has found that no delivery had reported, each with why: its delivery still waits (`late`), was accepted and failed
 * (`failed_after_accept`), came while nobody answered (`stopped`) or was refused (`rejected`); else it was `never_delivered`.
 * Runs in the transaction that applied the changes.
 */
export async function keepGaps(sql: Sql, search: GapSearch, changes: readonly FoundChange[]): Promise<number> {
  if (changes.length === 0) return 0;
  const evidence = await gather(sql, search, changes);
  const gaps = changes.map((change): NewGap => {
    const { kind, externalId, position, platformAt } = change;
    const { cause, details } = explain(change, evidence);
    return { runId: search.runId, connection: search.connection, kind, externalId, cause, details, position, platformAt, at: search.now };
  });
  await insertGaps(sql, gaps);
  return gaps.length;
}

interface Evidence {
  now: string;
  /** When the last finished run began: what had changed by then was seen by it. */
  previousRun: string | null;
  unworked: Map<string, Unworked[]>;
  refusals: Refusal[];
  awakeness: Awakeness;
}

async function gather(sql: Sql, search: GapSearch, changes: readonly FoundChange[]): Promise<Evidence> {
  const previousRun = await readPreviousRunStart(sql, search.connection, search.runId);
  const earliest = changes.map((change) => windowOf(change, { previousRun, now: search.now }).from).sort()[0] ?? '';
  const unworked = await findUnworked(sql, search.connection, [...new Set(changes.map(subjectText))]);
  return {
    now: search.now,
    previousRun,
    unworked: Map.groupBy(unworked, (delivery) => delivery.subject),
    refusals: await readRefusals(sql, search.connection, earliest),
    awakeness: describeAwakeness(await readAwake(sql, earliest), search),
  };
}

const minus = (time: string, ms: number): string => new Date(Date.parse(time) - ms).toISOString();

/**
 * When a delivery of the change must have come. Not trusted: a time at which the last finished run would have seen it, and one that is
 * still to come.
 */
function windowOf(
  { platformAt }: FoundChange,
  { previousRun, now }: Pick<Evidence, 'previousRun' | 'now'>,
): { from: string; trusted: boolean } {
  const earliest = previousRun === null ? '' : minus(previousRun, SKEW_MS);
  if (platformAt === null || platformAt < earliest || minus(platformAt, SKEW_MS) > now) return { from: previousRun ?? '', trusted: false };
  const from = minus(platformAt, SKEW_MS);
  return { from: [from, previousRun ?? ''].sort().at(-1) ?? from, trusted: true };
}

type Explanation = { cause: GapCause; details: NewGap['details'] };

function explain(change: FoundChange, evidence: Evidence): Explanation {
  const { previousRun, unworked, refusals, awakeness } = evidence;
  const { from, trusted } = windowOf(change, evidence);
  const deliveries = unworked.get(subjectText(change)) ?? [];
  const failed = deliveries.find((one) => one.error !== null && (one.state !== 'dead' || one.receivedAt >= from));
  if (failed) return { cause: 'failed_after_accept', details: { deliveryId: failed.id, error: failed.error } };
  const waiting = deliveries.find((one) => one.state !== 'dead');
  if (waiting) return { cause: 'late', details: { deliveryId: waiting.id } };
  const down = trusted && change.platformAt !== null ? awakeness.downAt(change.platformAt) : null;
  // Signs of life are missing while the store is away, too: whoever refuses is there.
  const refusal = refusals.find((one) => (down ? one.at >= down.from && one.at <= down.to : one.at >= from));
  if (down && !refusal) return { cause: 'stopped', details: {} };
  if (refusal) return { cause: 'rejected', details: { status: refusal.status, code: refusal.code, at: refusal.at } };
  if (!trusted && previousRun !== null && awakeness.wasDownSince(previousRun)) return { cause: 'stopped', details: {} };
  return { cause: 'never_delivered', details: {} };
}

const LATE_MS = 24 * 3_600_000;

/** Corrects the causes of gaps whose delivery came after all. Looked for outside of any transaction: there may be many. */
export async function correctLateGaps(context: Context, connection: string): Promise<void> {
  const since = new Date(context.clock.now().getTime() - LATE_MS).toISOString();
  const late = await findLateGaps(context.db.read, connection, since);
  for (let from = 0; from < late.length; from += 500) {
    const step = late.slice(from, from + 500);
    await context.db.write((sql) => markLate(sql, step));
  }
}
