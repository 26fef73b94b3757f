import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { ANSWER_WITHIN_MS, PLACE_WITHIN_MS } from '../../domain/deadlines.ts';
import { OrderdockError, Unavailable } from '../../domain/errors.ts';
import type { SqlValue } from './sql-value.ts';
import { keepStatements, runPrepared, type SqliteConnection } from './sqlite-statements.ts';
import { postgresTrigrams, sqliteTrigrams, type TrigramIndex } from './trigrams.ts';

/** Everything that differs between the two engines. Table files ask what the engine can do, never which engine it is. */
export interface Dialect {
  name: 'sqlite' | 'postgres';
  writer: Knex.Config;
  /** SQLite reads on connections of their own; null: the writer's pool serves both. */
  reader: Knex.Config | null;
  begin: string;
  /** Begins a transaction that reads one state of the database, whatever is committed meanwhile. */
  beginSnapshot: string;
  /**
   * `from` clause that unfolds one JSON array parameter into rows. `columns` are `name type`; types: text, integer, boolean, json (stored as its
   * text, which saves writing it as a text within the JSON). JSON members are read as `rows.name`.
   */
  rowsOf(columns: Readonly<Record<string, 'text' | 'integer' | 'boolean' | 'json'>>): string;
  /** Expression for a part of a binary parameter: the row's `at` (from 1) and `bytes` name it. */
  slice: string;
  trigrams: TrigramIndex;
  /** Ends a `select` whose rows of `table` stay locked until the commit; empty where the engine has one writer anyway. */
  lockRows(table: string): string;
  /** The same; rows that another transaction has locked are left out. */
  skipLocked(table: string): string;
  /** One statement can insert into two tables. */
  insertsInQueries: boolean;
  /** Runs one statement on a raw connection; sends it at once. */
  run<Row>(connection: unknown, statement: string, bindings: readonly SqlValue[]): Promise<Row[]>;
  /** Statements of one transaction may be sent without waiting for each other's answers; they are executed in the order they were sent. */
  pipelines: boolean;
  /** True for a transaction that failed because of a concurrent one: a retry may succeed. */
  conflicted(error: unknown): boolean;
  /** Waits for a transaction-long lock named by one text binding; null where the engine has one writer anyway. */
  namedLock: string | null;
  /** Called before anything else: throws `OrderdockError` when the database cannot store every text. */
  verify(db: Knex): Promise<void>;
  /** Remembers the identity of the open database, which `assertPresent` checks from then on. */
  attach(): void;
  /** Throws `Unavailable('store_gone')` when the database file was removed or replaced: whatever is written then is lost with it. */
  assertPresent(): void;
  /** Changes after every write to the database; null: that cannot be seen without a query. */
  changeMark(): string | null;
  /** True for environmental errors: locked, full, unreachable. The sender is asked to retry. */
  unavailable(error: unknown): boolean;
  /** Closes the connection when the error says that the database has stopped responding: it may never answer, and must not be reused. */
  discardIfHung(error: unknown, connection: unknown): void;
}

// knex would write to the terminal, bypassing the log; the errors it prints are thrown as well.
const SILENT = { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} };

const isObjectWith = <Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> =>
  typeof value === 'object' && value !== null && name in value;
const errorCode = (error: unknown): string => (isObjectWith(error, 'code') ? String(error.code ?? '') : '');
const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : '');
const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'KnexTimeoutError';

// A checkpoint every 16 MB instead of 4: pages that many commits touch are copied once (40 % less kernel time during intake).
const SQLITE_PRAGMAS = [
  'busy_timeout = 5000',
  'journal_mode = WAL',
  'synchronous = FULL',
  'foreign_keys = ON',
  'temp_store = MEMORY',
  'cache_size = -8192',
  'wal_autocheckpoint = 4000',
];

const MOST_SWITCHES = 40;
const SWITCH_AGAIN_MS = 50;

/**
 * Processes that open a new file at the same time get SQLITE_BUSY for `journal_mode`, without the wait that `busy_timeout` asks for: all of them
 * read it and want to write it (sqlite.org/c3ref/busy_handler.html, read 2026-11). So it is tried again.
 */
async function setPragmas(connection: SqliteConnection): Promise<void> {
  const pragmas = SQLITE_PRAGMAS.map((pragma) => `pragma ${pragma};`).join('');
  for (let tries = 1; ; tries++) {
    const error = await new Promise<Error | null>((resolve) => connection.exec(pragmas, resolve));
    if (error === null) return;
    if (errorCode(error) !== 'SQLITE_BUSY' || tries === MOST_SWITCHES) throw error;
    await sleep(SWITCH_AGAIN_MS);
  }
}

const isSqliteConnection = (connection: unknown): connection is SqliteConnection => isObjectWith(connection, 'all');

async function runOnSqlite<Row>(connection: unknown, statement: string, bindings: readonly SqlValue[]): Promise<Row[]> {
  if (!isSqliteConnection(connection)) throw new TypeError('Not a connection of sqlite3.');
  return runPrepared<Row>(connection, statement, bindings);
}

export function sqliteDialect(filename: string): Dialect {
  mkdirSync(dirname(filename), { recursive: true, mode: 0o700 });
  // SQLite gives its side files the mode of the main one: only the service's user may read orders.
  closeSync(openSync(filename, 'a', 0o600));
  const config = (min: number, max: number): Knex.Config => ({
    client: 'sqlite3',
    log: SILENT,
    connection: { filename },
    useNullAsDefault: true,
    acquireConnectionTimeout: PLACE_WITHIN_MS,
    pool: {
      min,
      max,
      afterCreate: (connection: SqliteConnection, done: (error: Error | null) => void) => {
        keepStatements(connection);
        setPragmas(connection).then(() => done(null), done);
      },
    },
  });
  let file: string | null = null;
  return {
    name: 'sqlite',
    verify: async () => {},
    attach: () => {
      file = identityOf(filename);
    },
    assertPresent: () => {
      if (file !== null && identityOf(filename) !== file)
        throw new Unavailable('store_gone', `The database file was removed or replaced while the service was running. Restart it.`, 5000);
    },
    writer: config(1, 1),
    reader: config(0, 4),
    begin: 'begin immediate',
    beginSnapshot: 'begin',
    rowsOf: (columns) =>
      `(select ${Object.keys(columns)
        .map((name) => `json_extract(value, '$.${name}') as "${name}"`)
        .join(', ')} from json_each(?)) as rows`,
    // An empty buffer is bound as null, which would be a body that retention has emptied.
    slice: "coalesce(substr(?, rows.at, rows.bytes), x'')",
    trigrams: sqliteTrigrams,
    lockRows: () => '',
    skipLocked: () => '',
    insertsInQueries: false,
    pipelines: false,
    conflicted: () => false,
    namedLock: null,
    run: runOnSqlite,
    changeMark: () => {
      const log = statSync(`${filename}-wal`, { throwIfNoEntry: false });
      return log ? `${log.mtimeMs}:${log.size}` : 'none';
    },
    discardIfHung: () => {},
    unavailable: (error) => isTimeout(error) || /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|NOMEM)/.test(errorCode(error)),
  };
}

/** Device and inode: a file of the same name is not the same file. `none`: there is no such file. */
function identityOf(filename: string): string {
  const found = statSync(filename, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : 'none';
}

// The server ends a statement of a transaction after 8 s by itself. When not even that is heard, it hangs, or the network lost it without a
// word: TCP would wait a quarter of an hour. The limit is set in the transaction and not when connecting: PgBouncer refuses start-up
// parameters it does not know (pgbouncer.org/config.html, ignore_startup_parameters, read 2026-11).
const IDLE_IN_TRANSACTION_MS = 15_000;
const isHung = (error: unknown): boolean => /Query read timeout/.test(errorMessage(error));

interface PostgresConnection {
  connection: { stream: { destroy(): void } };
  query<Row>(statement: string, bindings?: readonly SqlValue[]): Promise<{ rows?: Row[] }>;
}

const isPostgresConnection = (connection: unknown): connection is PostgresConnection => isObjectWith(connection, 'query');

const numbered = new Map<string, string>();

/** `?` becomes `$1`, `$2`, …: the same few statements again and again, unless they list values, so that only so many are remembered. */
function withNumbers(statement: string): string {
  const known = numbered.get(statement);
  if (known !== undefined) return known;
  let position = 0;
  const text = statement.replaceAll('?', () => `$${++position}`);
  if (numbered.size < 500) numbered.set(statement, text);
  return text;
}

async function runOnPostgres<Row>(client: unknown, statement: string, bindings: readonly SqlValue[]): Promise<Row[]> {
  if (!isPostgresConnection(client)) throw new TypeError('Not a connection of pg.');
  // Without bindings several statements may stand in one text.
  const result = bindings.length === 0 ? await client.query<Row>(statement) : await client.query<Row>(withNumbers(statement), bindings);
  return result.rows ?? [];
}

const POSTGRES_TYPES = { text: 'text', integer: 'bigint', boolean: 'boolean', json: 'json' } as const;

// `pipeline` is an option of pg that knex passes on without knowing it.
const postgresConnection = (url: string): Knex.PgConnectionConfig & { pipeline: boolean } => ({
  connectionString: url,
  connectionTimeoutMillis: 4000,
  query_timeout: ANSWER_WITHIN_MS,
  keepAlive: true,
  pipeline: true,
  application_name: 'orderdock',
});

export function postgresDialect(url: string): Dialect {
  return {
    name: 'postgres',
    async verify(db) {
      const { rows } = await db.raw<{ rows: { encoding: string }[] }>(
        'select pg_encoding_to_char(encoding) as encoding from pg_database where datname = current_database()',
      );
      const encoding = rows[0]?.encoding ?? '';
      if (encoding !== 'UTF8')
        throw new OrderdockError(
          'database_encoding',
          `The database's encoding is ${encoding}: names and texts would be lost. Create it with ENCODING 'UTF8' (TEMPLATE template0).`,
        );
    },
    attach: () => {},
    assertPresent: () => {},
    writer: {
      client: 'pg',
      log: SILENT,
      connection: postgresConnection(url),
      acquireConnectionTimeout: PLACE_WITHIN_MS,
      pool: { min: 0, max: 12 },
    },
    reader: null,
    // Stated every time: the database's default may be another one, and PgBouncer takes no start-up parameters. A process that freezes in its
    // transaction must not stop all others.
    begin:
      'begin isolation level read committed; ' +
      `set local statement_timeout = ${PLACE_WITHIN_MS}; set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`,
    beginSnapshot: `begin isolation level repeatable read, read only; set local statement_timeout = ${PLACE_WITHIN_MS}`,
    rowsOf: (columns) =>
      `json_to_recordset(?::json) as rows(${Object.entries(columns)
        .map(([name, type]) => `"${name}" ${POSTGRES_TYPES[type]}`)
        .join(', ')})`,
    slice: 'substring(?::bytea from rows.at::int for rows.bytes::int)',
    trigrams: postgresTrigrams,
    lockRows: (table) => `for update of ${table}`,
    skipLocked: (table) => `for update of ${table} skip locked`,
    insertsInQueries: true,
    pipelines: true,
    // Serialization failure, deadlock.
    conflicted: (error) => /^(40001|40P01)$/.test(errorCode(error)),
    namedLock: 'select pg_advisory_xact_lock(7036282, hashtext(?))',
    run: runOnPostgres,
    changeMark: () => null,
    // Class 08 connection, 53 resources, 57 operator intervention (shutdown, cancelled by time-out), 55P03 lock; or no connection at all.
    discardIfHung: (error, connection) => {
      if (isHung(error) && isPostgresConnection(connection)) connection.connection.stream.destroy();
    },
    unavailable: (error) =>
      isTimeout(error) ||
      isHung(error) ||
      /^(08|53|57)|^55P03$|^25006$|^E(CONN|PIPE|TIMEDOUT|HOST)|^ENOTFOUND$/.test(errorCode(error)) ||
      /Connection terminated|timeout exceeded when trying to connect|not queryable/i.test(errorMessage(error)),
  };
}
