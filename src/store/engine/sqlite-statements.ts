import type { SqlValue } from './sql-value.ts';

type Done<Result> = (error: Error | null, result: Result) => void;

/** The part of the driver's connection that is used. */
export interface SqliteConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
  all<Row>(sql: string, bindings: readonly SqlValue[], done: Done<Row[]>): void;
  prepare(sql: string, done: (error: Error | null) => void): SqliteStatement;
  close(done: (error: Error | null) => void): void;
}

interface SqliteStatement {
  all<Row>(bindings: readonly SqlValue[], done: Done<Row[]>): void;
  finalize(): void;
}

/**
 * The rows of a JSON parameter, as a table. `jsonb_each`: with `json_each` each row would become JSON text, parsed again for its columns (43 µs
 * instead of 8 for an entity, November 2026).
 */
export const sqliteRows = (columns: Readonly<Record<string, unknown>>): string =>
  `(select ${Object.keys(columns)
    .map((name) => `json_extract(value, '$.${name}') as "${name}"`)
    .join(', ')} from jsonb_each(?)) as rows`;

const MOST_STATEMENTS = 100;
/** A statement retains its bindings until it runs again: larger ones are not left in memory. */
const MOST_BOUND_BYTES = 131_072;

const statements = new WeakMap<SqliteConnection, Map<string, SqliteStatement>>();

/** Finalizes the connection's statements before it is closed: SQLite refuses to close it otherwise. Called once for each new connection. */
export function keepStatements(connection: SqliteConnection): void {
  const kept = new Map<string, SqliteStatement>();
  const close = connection.close.bind(connection);
  statements.set(connection, kept);
  connection.close = (done) => {
    for (const statement of kept.values()) statement.finalize();
    kept.clear();
    close(done);
  };
}

/**
 * Runs a statement that is prepared once per connection: preparing takes longer than most statements need to run (0.1 ms and two thread switches
 * each, November 2026).
 */
export function runPrepared<Row>(connection: SqliteConnection, text: string, bindings: readonly SqlValue[]): Promise<Row[]> {
  const kept = statements.get(connection);
  return new Promise((resolve, reject) => {
    const done: Done<Row[]> = (error, rows) => (error ? reject(error) : resolve(rows));
    if (kept === undefined || boundBytes(bindings) > MOST_BOUND_BYTES) return connection.all(text, bindings, done);
    const known = kept.get(text);
    if (known) {
      keep(kept, text, known);
      return known.all(bindings, done);
    }
    const statement = connection.prepare(text, (error) => {
      if (error) return reject(error);
      statement.all(bindings, done);
      // Another caller has prepared the same one in the meantime.
      if (kept.has(text)) statement.finalize();
      else keep(kept, text, statement);
    });
  });
}

/** Caches the most recently used statements. */
function keep(kept: Map<string, SqliteStatement>, text: string, statement: SqliteStatement): void {
  kept.delete(text);
  kept.set(text, statement);
  if (kept.size <= MOST_STATEMENTS) return;
  const [oldest] = kept;
  if (oldest === undefined) return;
  kept.delete(oldest[0]);
  oldest[1].finalize();
}

const boundBytes = (bindings: readonly SqlValue[]): number =>
  bindings.reduce<number>((sum, value) => sum + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 0), 0);
