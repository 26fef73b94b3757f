import type { Context } from '../context.ts';
import type { Sql } from '../store/engine/database.ts';
import {
  findAbandoned,
  findHoles,
  findOverdue,
  findUnreported,
  isBeingWorked,
  type Offenders,
  type RowRange,
  readReach,
} from '../store/monitoring/read-invariants.ts';

export interface InvariantCheck {
  name: string;
  violations: number;
  /** Ids of some violations. */
  sample?: readonly string[];
}

export interface Invariants {
  /** 0 if all invariants hold. */
  violations: number;
  checkedAt: string;
  checks: readonly InvariantCheck[];
}

export interface InvariantChecker {
  /** Checks the newest rows of each table and one older range, and returns what is known of all rows. */
  check(): Promise<Invariants>;
  /** The last result, without querying the store; null: not checked yet. */
  last(): Invariants | null;
}

/** Rows per range: a check reads at most two ranges of each table. */
const RANGE_SIZE = 5000;
const ABANDONED_MS = 60_000;
const OVERDUE_MS = 15 * 60_000;
const BUSY_MS = 5 * 60_000;
const SAMPLE = 10;

/**
 * Checks what must always hold: every stored delivery reaches a final state; every entity version has its feed entry; versions have no
 * gaps. A check reads the newest rows and one of the older ranges in rotation, so that its cost does not depend on the size of the store.
 */
export function createInvariantChecker(context: Context): InvariantChecker {
  const unreported = createRotation();
  const holes = createRotation();
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
        await unreported(reach.entities, (range) => findUnreported(sql, range, whole ? null : reach.firstChangeAt)),
      ),
      toCheck('versions_without_hole', await holes(reach.changes, (range) => findHoles(sql, range, whole))),
    ];
    const violations = checks.reduce((sum, one) => sum + one.violations, 0);
    last = { violations, checkedAt: now.toISOString(), checks };
    updateAlert(context, last);
    return last;
  }
  return { check, last: () => last };
}

/** Deliveries that are overdue although their connection is not being processed: a backlog that is being worked off is not a violation. */
async function findStuck(sql: Sql, before: string, busySince: string): Promise<Offenders> {
  const overdue = await findOverdue(sql, before);
  const heads = new Map(overdue.toReversed().map((one) => [one.connection, one.seq]));
  const stuck = new Set<string>();
  for (const [connection, seq] of heads) if (!(await isBeingWorked(sql, connection, seq, busySince))) stuck.add(connection);
  return overdue.filter((one) => stuck.has(one.connection)).map((one) => one.id);
}

const toCheck = (name: string, offenders: Offenders): InvariantCheck =>
  offenders.length === 0 ? { name, violations: 0 } : { name, violations: offenders.length, sample: offenders.slice(0, SAMPLE) };

/** Rotates through a table, one range at a time besides the newest; findings in a range remain until it is checked again. */
function createRotation(): (end: number, find: (range: RowRange) => Promise<Offenders>) => Promise<Offenders> {
  const found = new Map<number, Offenders>();
  let turn = 0;
  return async (end, find) => {
    const newest = Math.max(0, Math.ceil(end / RANGE_SIZE) - 1);
    turn = turn >= newest ? 0 : turn + 1;
    for (const number of new Set([newest, turn])) {
      const offenders = await find({ after: number * RANGE_SIZE, upTo: (number + 1) * RANGE_SIZE });
      if (offenders.length > 0) found.set(number, offenders);
      else found.delete(number);
    }
    return [...found.values()].flat();
  };
}

function updateAlert({ alerts }: Context, { violations, checks }: Invariants): void {
  if (violations === 0) {
    alerts.close('invariant_violated', null, 'All invariants hold again.');
    return;
  }
  const broken = checks.filter((one) => one.violations > 0).map((one) => `${one.name} (${one.violations})`);
  alerts.open({
    level: 'critical',
    code: 'invariant_violated',
    connection: null,
    text: `Invariants are violated: ${broken.join(', ')}. GET /api/v1/invariants shows examples.`,
    details: { violations },
  });
}
