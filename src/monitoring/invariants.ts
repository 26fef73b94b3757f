import type { Context } from '../context.ts';
import type { Sql } from '../store/engine/database.ts';
import {
  findAbandoned,
  findHoles,
  findOverdue,
  findUnreported,
  isBeingWorked,
  type Offenders,
  readReach,
  type Stretch,
} from '../store/monitoring/read-invariants.ts';

export interface InvariantCheck {
  name: string;
  violations: number;
  /** Ids of some that break it. */
  sample?: readonly string[];
}

export interface Invariants {
  /** 0 when all is well. */
  violations: number;
  checkedAt: string;
  checks: readonly InvariantCheck[];
}

export interface InvariantChecker {
  /** Checks what is cheap to check, the newest of each table and one older stretch more, and tells what is known of all. */
  check(): Promise<Invariants>;
  /** The last findings, without asking the store; null: not checked yet. */
  last(): Invariants | null;
}

/** Rows per stretch: a check asks for two of each table at most. */
const STRETCH = 5000;
const ABANDONED_MS = 60_000;
const OVERDUE_MS = 15 * 60_000;
const BUSY_MS = 5 * 60_000;
const SAMPLE = 10;

/**
 * Watches what must always hold: every stored delivery ends; every entity version has its feed entry; no hole in versions. A check looks at
 * the newest rows and, turn by turn, at all others, so that it costs the same however large the store is.
 */
export function createInvariantChecker(context: Context): InvariantChecker {
  const unreported = createRound();
  const holes = createRound();
  let last: Invariants | null = null;

  async function check(): Promise<Invariants> {
    const sql = context.db.read;
    const now = context.clock.now();
    const ago = (ms: number) => new Date(now.getTime() - ms).toISOString();
    const reach = await readReach(sql);
    const whole = reach.firstChange <= 1;
    const checks = [
      toCheck('deliveries_leased', await findAbandoned(sql, ago(ABANDONED_MS))),
      toCheck('deliveries_end', await findStuck(sql, ago(OVERDUE_MS), ago(BUSY_MS))),
      toCheck(
        'versions_reported',
        await unreported(reach.entities, (stretch) => findUnreported(sql, stretch, whole ? null : reach.firstChangeAt)),
      ),
      toCheck('versions_without_hole', await holes(reach.changes, (stretch) => findHoles(sql, stretch, whole))),
    ];
    const violations = checks.reduce((sum, one) => sum + one.violations, 0);
    last = { violations, checkedAt: now.toISOString(), checks };
    tell(context, last);
    return last;
  }
  return { check, last: () => last };
}

/** Deliveries that are overdue although nothing of theirs is in work: a backlog that is being worked off is no violation. */
async function findStuck(sql: Sql, before: string, busySince: string): Promise<Offenders> {
  const overdue = await findOverdue(sql, before);
  const heads = new Map(overdue.toReversed().map((one) => [one.connection, one.seq]));
  const stuck = new Set<string>();
  for (const [connection, seq] of heads) if (!(await isBeingWorked(sql, connection, seq, busySince))) stuck.add(connection);
  return overdue.filter((one) => stuck.has(one.connection)).map((one) => one.id);
}

const toCheck = (name: string, offenders: Offenders): InvariantCheck =>
  offenders.length === 0 ? { name, violations: 0 } : { name, violations: offenders.length, sample: offenders.slice(0, SAMPLE) };

/** Goes round a table, a stretch a time beside the newest one; what was found in a stretch stands until it is looked at again. */
function createRound(): (end: number, find: (stretch: Stretch) => Promise<Offenders>) => Promise<Offenders> {
  const found = new Map<number, Offenders>();
  let turn = 0;
  return async (end, find) => {
    const newest = Math.max(0, Math.ceil(end / STRETCH) - 1);
    turn = turn >= newest ? 0 : turn + 1;
    for (const number of new Set([newest, turn])) {
      const offenders = await find({ after: number * STRETCH, upTo: (number + 1) * STRETCH });
      if (offenders.length > 0) found.set(number, offenders);
      else found.delete(number);
    }
    return [...found.values()].flat();
  };
}

function tell({ alerts }: Context, { violations, checks }: Invariants): void {
  if (violations === 0) {
    alerts.close('invariant_violated', null, 'All invariants hold again.');
    return;
  }
  const broken = checks.filter((one) => one.violations > 0).map((one) => `${one.name} (${one.violations})`);
  alerts.open({
    level: 'critical',
    code: 'invariant_violated',
    connection: null,
    text: `What must always hold does not: ${broken.join(', ')}. GET /api/v1/invariants shows examples.`,
    details: { violations },
  });
}
