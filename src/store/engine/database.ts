import knex, { type Knex } from 'knex';
import { migrateUp } from '../../../migrations/migrate.ts';
import { Unavailable } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Dialect } from './dialect.ts';
import { dialectOf } from './dialect-of.ts';
import { storableText } from './rows.ts';
import type { SqlValue } from './sql-value.ts';

/** Runs one statement; `?` marks a binding. Rows as the engine returns them: the table files turn them into domain values. */
export interface Sql {
  dialect: Dialect;
  /** What the reader may see: every function that lists or reads for API and console excludes the rest (`inScope`). Absent: everything. */
  scope?: Scope;
  all<Row>(statement: string, bindings?: readonly SqlValue[]): Promise<Row[]>;
}

/**
 * One database, SQLite or PostgreSQL. Reading never waits for writing: on SQLite (WAL) readers have their own connections besides the single
 * writer's.
 */
export interface Database {
  dialect: Dialect;
  read: Sql;
  /** Several reading statements that see one state of the database, so that an entity and its lines are consistent. */
  snapshot<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** A single writing statement as its own transaction, with a third of the round trips. Fails like `write`. */
  alone: Sql;
  /**
   * Runs `work` in one write transaction; rolls back if it throws, and runs it again if it conflicted with another transaction. Fails with
   * `Unavailable` if the database cannot accept it.
   */
  write<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /**
   * The same in two steps: `prepare` reads, `write` writes what it returned. On SQLite `prepare` reads on a separate connection and does not block
   * the single writer; the statements of `write` must then check what was read (compare-and-set, `WriteConflict`).
   */
  change<P, T>(prepare: (sql: Sql) => Promise<P>, write: (sql: Sql, prepared: P) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Runs statements of one transaction that do not depend on each other's results, in this order, in a single round trip if the engine supports it. A
 * step sends its statements before it awaits anything: statements sent later would follow those of the other steps. Fails once all have ended, with
 * a conflict if there was one, else with the first failure.
 */
export function pipelined<const Steps extends readonly (() => Promise<unknown>)[]>(sql: Sql, steps: Steps): Promise<Results<Steps>>;
export async function pipelined(sql: Sql, steps: readonly (() => Promise<unknown>)[]): Promise<unknown> {
  const results: unknown[] = [];
  if (!sql.dialect.pipelines) {
    for (const step of steps) results.push(await step());
    return results;
  }
  const failures: unknown[] = [];
  for (const ended of await Promise.allSettled(steps.map((step) => step()))) {
    if (ended.status === 'rejected') failures.push(ended.reason);
    else results.push(ended.value);
  }
  // After a failure PostgreSQL refuses all further statements of the transaction: a conflict among them is the cause.
  if (failures.length > 0) throw failures.find((failure) => sql.dialect.conflicted(failure)) ?? failures[0];
  return results;
}

type Results<Steps extends readonly (() => Promise<unknown>)[]> = { -readonly [at in keyof Steps]: Awaited<ReturnType<Steps[at]>> };

// A text that somebody searches for, or writes, may contain what PostgreSQL refuses: it is replaced as it is in rows (see rows.ts).
const storable = (value: SqlValue): SqlValue =>
  typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()) ? storableText(value) : value;

/** Statements on one connection. */
const sqlOn = (dialect: Dialect, connection: unknown): Sql => ({
  dialect,
  async all<Row>(statement: string, bindings: readonly SqlValue[] = []): Promise<Row[]> {
    try {
      return await dialect.run<Row>(connection, statement, bindings.map(storable));
    } catch (error) {
      dialect.discardIfHung(error, connection);
      throw error;
    }
  },
});

/** The data was changed by another transaction after it was read: the whole attempt has to be repeated. */
export class WriteConflict extends Error {}

/** Runs each statement on any free connection. */
const sqlOnAny = (dialect: Dialect, db: Knex): Sql => ({
  dialect,
  async all<Row>(statement: string, bindings?: readonly SqlValue[]): Promise<Row[]> {
    const connection: unknown = await db.client.acquireConnection();
    try {
      return await sqlOn(dialect, connection).all<Row>(statement, bindings);
    } finally {
      await db.client.releaseConnection(connection);
    }
  },
});

/**
 * Opens the database and migrates its tables. `url` is `sqlite:PATH` or `postgres://…`. Throws `Unavailable` if it cannot be reached,
 * `OrderdockError('newer_database')` if a newer program has written it.
 */
export async function openDatabase(url: string): Promise<Database> {
  const dialect = dialectOf(url);
  const writer = knex(dialect.writer);
  const reader = dialect.reader ? knex(dialect.reader) : writer;
  const close = async () => {
    await Promise.all([...new Set([reader, writer])].map((db) => db.destroy()));
  };
  try {
    await dialect.verify(writer);
    await migrateUp(writer);
    dialect.attach();
  } catch (error) {
    await close();
    throw dialect.unavailable(error)
      ? new Unavailable('database_unavailable', 'The database cannot be reached.', 5000, { cause: error })
      : error;
  }
  return {
    dialect,
    read: repeating(sqlOnAny(dialect, reader)),
    snapshot: (work) => inSnapshot(dialect, reader, work),
    alone: aloneOn(dialect, writer),
    write: (work) => retryConflicts(dialect, () => inTransaction(dialect, writer, work)),
    change: (prepare, write) =>
      retryConflicts(dialect, async (attempt) => {
        // After a few conflicts the writer's lock is held during reading too, so that no other process can be faster again.
        if (reader === writer || attempt > MOST_UNLOCKED_READS) {
          return inTransaction(dialect, writer, async (sql) => write(sql, await prepare(sql)));
        }
        const prepared = await prepare(repeating(sqlOnAny(dialect, reader)));
        return inTransaction(dialect, writer, (sql) => write(sql, prepared));
      }),
    close,
  };
}

const repeating = (sql: Sql): Sql => ({
  dialect: sql.dialect,
  all: (statement, bindings) => retryConflicts(sql.dialect, () => sql.all(statement, bindings)),
});

function aloneOn(dialect: Dialect, db: Knex): Sql {
  const sql = sqlOnAny(dialect, db);
  return {
    dialect,
    async all<Row>(statement: string, bindings?: readonly SqlValue[]) {
      dialect.assertPresent();
      try {
        const rows = await retryConflicts(dialect, () => sql.all<Row>(statement, bindings));
        dialect.assertPresent();
        return rows;
      } catch (error) {
        throw dialect.unavailable(error) ? cannotTake(error) : error;
      }
    },
  };
}

const cannotTake = (cause: unknown): Unavailable =>
  new Unavailable('database_unavailable', 'The database cannot store the data at the moment.', 5000, { cause });

const MOST_CONFLICTS = 5;
/** Attempts of `change` that read outside the write transaction; the later ones read inside it. */
const MOST_UNLOCKED_READS = 3;

/** Retries a transaction that was rolled back because of a conflict: the next attempt reads what the other one has written. */
async function retryConflicts<T>(dialect: Dialect, attempt: (number: number) => Promise<T>): Promise<T> {
  for (let conflicts = 1; ; conflicts++) {
    try {
      return await attempt(conflicts);
    } catch (error) {
      if (conflicts >= MOST_CONFLICTS || !(error instanceof WriteConflict || dialect.conflicted(error))) throw error;
    }
  }
}

async function inTransaction<T>(dialect: Dialect, db: Knex, work: (sql: Sql) => Promise<T>): Promise<T> {
  let connection: unknown;
  try {
    dialect.assertPresent();
    connection = await db.client.acquireConnection();
    const sql = sqlOn(dialect, connection);
    const begun = sql.all(dialect.begin);
    // With pipelining, the first statement of the work is sent together with `begin`.
    if (dialect.pipelines) begun.catch(() => {});
    else await begun;
    const result = await committed(sql, begun, work).catch(async (error: unknown) => {
      await sql.all('rollback').catch(() => discard(connection));
      throw error;
    });
    dialect.assertPresent();
    return result;
  } catch (error) {
    if (dialect.unavailable(error)) throw cannotTake(error);
    throw error;
  } finally {
    if (connection !== undefined) await db.client.releaseConnection(connection);
  }
}

async function inSnapshot<T>(dialect: Dialect, db: Knex, work: (sql: Sql) => Promise<T>): Promise<T> {
  const connection: unknown = await db.client.acquireConnection();
  try {
    const sql = sqlOn(dialect, connection);
    await sql.all(dialect.beginSnapshot);
    try {
      return await work(sql);
    } finally {
      await sql.all('commit').catch(() => discard(connection));
    }
  } finally {
    await db.client.releaseConnection(connection);
  }
}

async function committed<T>(sql: Sql, begun: Promise<unknown>, work: (sql: Sql) => Promise<T>): Promise<T> {
  const result = await work(sql);
  await begun;
  await sql.all('commit');
  return result;
}

// A connection that cannot even roll back is discarded: knex opens a new one for the next caller.
function discard(connection: unknown): void {
  if (typeof connection === 'object' && connection !== null) Object.assign(connection, { __knex__disposed: new Error('rollback failed') });
}

/** The database for a restricted API key: its scope applies to all reads and writes. */
export const withScope = <D extends Pick<Database, 'read' | 'snapshot' | 'write'>>(db: D, scope: Scope): D => ({
  ...db,
  read: { ...db.read, scope },
  snapshot: (work: (sql: Sql) => Promise<unknown>) => db.snapshot((sql) => work({ ...sql, scope })),
  write: (work: (sql: Sql) => Promise<unknown>) => db.write((sql) => work({ ...sql, scope })),
});
