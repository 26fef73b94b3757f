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

/** A change that a run applied. */
export interface FoundChange {
  kind: EntityKind;
  externalId: string;
  /** Position in the feed. */
  position: number;
  /** The platform's own time of the change; null: not stated. */
  platformAt: string | null;
}

export interface GapSearch {
  connection: string;
  runId: string;
  /** ISO 8601. */
  now: string;
  /** The name of this process in leases. */
  processId: string;
}

/** How far the platform's clock and ours may differ. */
const SKEW_MS = 5 * 60_000;

/**
 * Records the changes that a run found and no delivery had reported, each with its cause: the delivery is still waiting (`late`), was
 * accepted and failed (`failed_after_accept`), was sent while the service was down (`stopped`) or was rejected (`rejected`); otherwise
 * `never_delivered`.
 * Runs in the transaction that applied the changes.
 */
export async function recordGaps(sql: Sql, search: GapSearch, changes: readonly FoundChange[]): Promise<number> {
  if (changes.length === 0) return 0;
  const evidence = await gatherEvidence(sql, search, changes);
  const platformFailures = readPlatformFailures(await readRegistrations(sql, search.connection));
  const gaps = explain(changes, evidence).map(({ change, cause, details: own }): NewGap => {
    const { kind, externalId, position, platformAt } = change;
    const details = cause === 'never_delivered' ? { ...own, ...platformFailures } : own;
    return { runId: search.runId, connection: search.connection, kind, externalId, cause, details, position, platformAt, at: search.now };
  });
  await insertGaps(sql, gaps);
  return gaps.length;
}

/** What the platform itself reports about failed deliveries: proof that they were never delivered. */
function readPlatformFailures(known: StoredRegistrations | null): NewGap['details'] {
  const failed = (known?.registered ?? []).reduce((sum, { statistics }) => sum + (statistics?.failed ?? 0), 0);
  const disabled = known !== null && known.registered.length > 0 && known.registered.every(({ enabled }) => !enabled);
  return { ...(failed > 0 ? { failedAtPlatform: failed } : {}), ...(disabled ? { disabledAtPlatform: true } : {}) };
}

interface Evidence {
  now: string;
  /** When the last finished run started: it saw everything that had changed by then. */
  previousRun: string | null;
  unprocessed: Map<string, Unprocessed[]>;
  rejections: Rejection[];
  downtime: DowntimeIndex;
}

async function gatherEvidence(sql: Sql, search: GapSearch, changes: readonly FoundChange[]): Promise<Evidence> {
  const previousRun = await readPreviousRunStart(sql, search.connection, search.runId);
  const earliest = changes.map((change) => windowOf(change, { previousRun, now: search.now }).from).sort()[0] ?? '';
  const unprocessed = await findUnprocessed(sql, search.connection, [...new Set(changes.map(subjectText))]);
  return {
    now: search.now,
    previousRun,
    unprocessed: Map.groupBy(unprocessed, (delivery) => delivery.subject),
    rejections: await readRejections(sql, search.connection, earliest),
    downtime: indexDowntime(await readActivePeriods(sql, earliest), search),
  };
}

const minus = (time: string, ms: number): string => new Date(Date.parse(time) - ms).toISOString();

/**
 * The time after which a delivery of the change must have been sent. Times before the last finished run (it would have seen the change)
 * and times in the future are not trusted.
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

/** Explains each change by its own deliveries first; rejections are then matched against all remaining changes together. */
function explain(changes: readonly FoundChange[], evidence: Evidence): (Explanation & { change: FoundChange })[] {
  const explained = new Map(changes.map((change) => [change, explainByDelivery(change, evidence)]));
  const unexplained = changes.filter((change) => !explained.get(change)).map((change) => ({ change, ...findDowntime(change, evidence) }));
  const rejected = matchRejections(unexplained, evidence.rejections);
  const others = new Map(unexplained.map((one) => [one.change, explainByRejection(rejected.get(one), one.absent)]));
  return changes.map((change) => ({ change, ...(explained.get(change) ?? others.get(change) ?? NEVER) }));
}

const NEVER: Explanation = { cause: 'never_delivered', details: {} };

function explainByDelivery(change: FoundChange, evidence: Evidence): Explanation | null {
  const { from } = windowOf(change, evidence);
  const deliveries = evidence.unprocessed.get(subjectText(change)) ?? [];
  const failed = deliveries.find((one) => one.error !== null && (one.state !== 'dead' || one.receivedAt >= from));
  if (failed) return { cause: 'failed_after_accept', details: { deliveryId: failed.id, error: failed.error } };
  const waiting = deliveries.find((one) => one.state !== 'dead');
  return waiting ? { cause: 'late', details: { deliveryId: waiting.id } } : null;
}

/** Whether the service was down when a change's delivery must have been sent, and the window in which a rejected request may have reported it. */
function findDowntime(change: FoundChange, { previousRun, now, downtime }: Evidence): Candidate & { absent: boolean } {
  const { from, trusted } = windowOf(change, { previousRun, now });
  const { platformAt } = change;
  const down = trusted && platformAt !== null ? downtime.downAt(platformAt) : null;
  // Heartbeats are also missing while the store is unavailable, so a request may have been rejected during downtime.
  if (down) return { platformAt, from: down.from, to: down.to, absent: true };
  return { platformAt, from, to: null, absent: !trusted && previousRun !== null && downtime.wasDownSince(previousRun) };
}

function explainByRejection(rejection: Rejection | undefined, absent: boolean): Explanation {
  if (rejection) return { cause: 'rejected', details: { status: rejection.status, code: rejection.code, at: rejection.at } };
  return absent ? { cause: 'stopped', details: {} } : NEVER;
}

const LATE_MS = 24 * 3_600_000;

/** Corrects the cause of gaps whose delivery arrived later. The search runs outside any transaction, because there may be many. */
export async function correctLateGaps(context: Context, connection: string): Promise<void> {
  const since = new Date(context.clock.now().getTime() - LATE_MS).toISOString();
  const late = await findLateGaps(context.db.read, connection, since);
  for (let from = 0; from < late.length; from += 500) {
    const step = late.slice(from, from + 500);
    await context.db.write((sql) => markLate(sql, step));
  }
}
