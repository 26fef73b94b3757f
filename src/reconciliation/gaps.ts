import type { Context } from '../context.ts';
import type { EntityKind } from '../domain/entities/entity.ts';
import { subjectText } from '../domain/entities/entity.ts';
import { type DowntimeIndex, indexDowntime } from '../monitoring/heartbeat.ts';
import type { Sql } from '../store/engine/database.ts';
import { readActivePeriods } from '../store/monitoring/heartbeats.ts';
import { readRegistrations, type StoredRegistrations } from '../store/monitoring/registrations.ts';
import {
  findLateGaps,
  findUnprocessed,
  type GapCause,
  insertGaps,
  markLate,
  type NewGap,
  type Rejection,
  readPreviousRunStart,
  readRejections,
  type Unprocessed,
} from '../store/reconciliation/gaps.ts';
import { type Candidate, matchRejections } from './match-rejections.ts';

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
export async function recordGaps(sql: Sql, search: GapSearch, changes: readonly FoundChange[]): Promise<number> {
  if (changes.length === 0) return 0;
  const evidence = await gather(sql, search, changes);
  const admitted = readAdmission(await readRegistrations(sql, search.connection));
  const gaps = explain(changes, evidence).map(({ change, cause, details: own }): NewGap => {
    const { kind, externalId, position, platformAt } = change;
    const details = cause === 'never_delivered' ? { ...own, ...admitted } : own;
    return { runId: search.runId, connection: search.connection, kind, externalId, cause, details, position, platformAt, at: search.now };
  });
  await insertGaps(sql, gaps);
  return gaps.length;
}

/** What the platform itself says of deliveries that did not arrive: it proves that they were never delivered. */
function readAdmission(known: StoredRegistrations | null): NewGap['details'] {
  const failed = (known?.registered ?? []).reduce((sum, { statistics }) => sum + (statistics?.failed ?? 0), 0);
  const disabled = known !== null && known.registered.length > 0 && known.registered.every(({ enabled }) => !enabled);
  return { ...(failed > 0 ? { failedAtPlatform: failed } : {}), ...(disabled ? { disabledAtPlatform: true } : {}) };
}

interface Evidence {
  now: string;
  /** When the last finished run began: what had changed by then was seen by it. */
  previousRun: string | null;
  unworked: Map<string, Unprocessed[]>;
  refusals: Rejection[];
  awakeness: DowntimeIndex;
}

async function gather(sql: Sql, search: GapSearch, changes: readonly FoundChange[]): Promise<Evidence> {
  const previousRun = await readPreviousRunStart(sql, search.connection, search.runId);
  const earliest = changes.map((change) => windowOf(change, { previousRun, now: search.now }).from).sort()[0] ?? '';
  const unworked = await findUnprocessed(sql, search.connection, [...new Set(changes.map(subjectText))]);
  return {
    now: search.now,
    previousRun,
    unworked: Map.groupBy(unworked, (delivery) => delivery.subject),
    refusals: await readRejections(sql, search.connection, earliest),
    awakeness: indexDowntime(await readActivePeriods(sql, earliest), search),
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

/** First what its own deliveries say of each change; which of the others were refused is found for all of them together. */
function explain(changes: readonly FoundChange[], evidence: Evidence): (Explanation & { change: FoundChange })[] {
  const told = new Map(changes.map((change) => [change, askDeliveries(change, evidence)]));
  const untold = changes.filter((change) => !told.get(change)).map((change) => ({ change, ...absence(change, evidence) }));
  const refused = matchRejections(untold, evidence.refusals);
  const others = new Map(untold.map((one) => [one.change, askRefusal(refused.get(one), one.absent)]));
  return changes.map((change) => ({ change, ...(told.get(change) ?? others.get(change) ?? NEVER) }));
}

const NEVER: Explanation = { cause: 'never_delivered', details: {} };

function askDeliveries(change: FoundChange, evidence: Evidence): Explanation | null {
  const { from } = windowOf(change, evidence);
  const deliveries = evidence.unworked.get(subjectText(change)) ?? [];
  const failed = deliveries.find((one) => one.error !== null && (one.state !== 'dead' || one.receivedAt >= from));
  if (failed) return { cause: 'failed_after_accept', details: { deliveryId: failed.id, error: failed.error } };
  const waiting = deliveries.find((one) => one.state !== 'dead');
  return waiting ? { cause: 'late', details: { deliveryId: waiting.id } } : null;
}

/** Whether nobody answered when a change's delivery must have come, and in which time a refused request may have told of it. */
function absence(change: FoundChange, { previousRun, now, awakeness }: Evidence): Candidate & { absent: boolean } {
  const { from, trusted } = windowOf(change, { previousRun, now });
  const { platformAt } = change;
  const down = trusted && platformAt !== null ? awakeness.downAt(platformAt) : null;
  // Signs of life are missing while the store is away, too: whoever refuses is there.
  if (down) return { platformAt, from: down.from, to: down.to, absent: true };
  return { platformAt, from, to: null, absent: !trusted && previousRun !== null && awakeness.wasDownSince(previousRun) };
}

function askRefusal(refusal: Rejection | undefined, absent: boolean): Explanation {
  if (refusal) return { cause: 'rejected', details: { status: refusal.status, code: refusal.code, at: refusal.at } };
  return absent ? { cause: 'stopped', details: {} } : NEVER;
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
