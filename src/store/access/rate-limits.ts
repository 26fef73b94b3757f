import type { Database, Sql } from '../engine/database.ts';
import { acquireLease, findGoneOwner, releaseLease } from '../engine/leases.ts';
import { numberOf } from '../engine/rows.ts';

export interface CallBudget {
  name: string;
  calls: number;
  perMs: number;
}

const ALONE_LEASE_MS = 20_000;
const ALONE_LOOK_MS = 40;

/**
 * State of the remote rate limits, in the store because they apply to all processes together: a log of the calls of the latest window, so that no
 * window, wherever it starts, contains more calls than allowed. See `Limits` in the remote folder for the contract of both functions.
 */
export function createRateLimits(db: Database, owner: string, now: () => Date) {
  return {
    enter: (connection: string, budgets: readonly CallBudget[], at: Date): Promise<number> =>
      db.write((sql) => enterBudgets(sql, connection, budgets, at.getTime())),
    pause: (connection: string, budgets: readonly string[], untilMs: number): Promise<void> =>
      db.write((sql) => pauseBudgets(sql, connection, budgets, untilMs)),
    async alone<T>(name: string, work: () => Promise<T>): Promise<T> {
      await takeTurn(db, name, owner, now);
      try {
        return await work();
      } finally {
        await db.write((sql) => releaseLease(sql, name, owner));
      }
    },
  };
}

async function enterBudgets(sql: Sql, connection: string, budgets: readonly CallBudget[], nowMs: number): Promise<number> {
  if (sql.dialect.namedLock !== null) await sql.all(sql.dialect.namedLock, [`limits ${connection}`]);
  const waits = await Promise.all(budgets.map((budget) => waitOf(sql, connection, budget, nowMs)));
  const waitMs = Math.max(0, await pauseOf(sql, connection, budgets, nowMs), ...waits);
  if (waitMs > 0) return waitMs;
  for (const budget of budgets) {
    await sql.all('delete from remote_calls where connection = ? and budget = ? and at_ms <= ?', [
      connection,
      budget.name,
      nowMs - budget.perMs,
    ]);
    await sql.all('insert into remote_calls (connection, budget, at_ms) values (?, ?, ?)', [connection, budget.name, nowMs]);
  }
  return 0;
}

/** Milliseconds until the oldest call that counts against the limit leaves the window. */
async function waitOf(sql: Sql, connection: string, budget: CallBudget, nowMs: number): Promise<number> {
  const rows = await sql.all<{ at_ms: number | string }>(
    // Calls in the future were recorded by a clock that has been set back since.
    'select at_ms from remote_calls where connection = ? and budget = ? and at_ms > ? and at_ms <= ? order by at_ms desc limit ?',
    [connection, budget.name, nowMs - budget.perMs, nowMs + budget.perMs, budget.calls],
  );
  if (rows.length < budget.calls) return 0;
  return Math.max(1, numberOf(rows.at(-1)?.at_ms) + budget.perMs - nowMs);
}

const LONGEST_PAUSE_MS = 3_600_000;

async function pauseOf(sql: Sql, connection: string, budgets: readonly CallBudget[], nowMs: number): Promise<number> {
  const rows = await sql.all<{ budget: string; until_ms: number | string }>(
    // A pause that ends later was written by a clock that has been set back since.
    'select budget, until_ms from remote_pauses where connection = ? and until_ms > ? and until_ms <= ?',
    [connection, nowMs, nowMs + LONGEST_PAUSE_MS],
  );
  const own = rows.filter(({ budget }) => budgets.some(({ name }) => name === budget));
  return Math.max(0, ...own.map(({ until_ms }) => numberOf(until_ms) - nowMs));
}

async function pauseBudgets(sql: Sql, connection: string, budgets: readonly string[], untilMs: number): Promise<void> {
  for (const budget of budgets) {
    await sql.all(
      `insert into remote_pauses (connection, budget, until_ms) values (?, ?, ?)
       on conflict (connection, budget) do update set until_ms = excluded.until_ms where remote_pauses.until_ms < excluded.until_ms`,
      [connection, budget, untilMs],
    );
  }
}

/** A process that has ended without giving its turn back is not waited for: calls would wait for as long as its lease, longer than a stop may take. */
async function takeTurn(db: Database, name: string, owner: string, now: () => Date): Promise<void> {
  for (let gone: string | null = null; ; ) {
    const at = now();
    const lease = { name, owner, until: new Date(at.getTime() + ALONE_LEASE_MS).toISOString() };
    const from = gone;
    if (await db.write((sql) => acquireLease(sql, lease, at.toISOString(), from))) return;
    gone = await findGoneOwner(db.read, name, owner);
    if (gone === null) await new Promise((resolve) => setTimeout(resolve, ALONE_LOOK_MS));
  }
}
