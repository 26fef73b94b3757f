import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { RESOURCE_WAIT_MS } from '../../domain/deadlines.ts';
import { Unavailable } from '../../domain/errors.ts';
import { type Dialect, REAP_INTERVAL_MS } from './dialect.ts';
import { errorCode, isObjectWith, isTimeout, SILENT_LOG } from './driver-errors.ts';
import type { SqlValue } from './sql-value.ts';
import { keepStatements, runPrepared, type SqliteConnection, sqliteRows } from './sqlite-statements.ts';
import { sqliteTrigrams } from './trigrams.ts';

// A checkpoint every 16 MB instead of 4: pages that many commits change are copied once (40 % less kernel time during intake).
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
 * Processes that open a new file at the same time get SQLITE_BUSY for `journal_mode`, without the wait that `busy_timeout` specifies: all of them
 * read it and want to write it (sqlite.org/c3ref/busy_handler.html, read 2026-11). So it is retried.
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
  return {
    name: 'sqlite',
    verify: async () => {},
    ...presenceOf(filename),
    writer: sqliteConfig(filename, 1, 1),
    reader: sqliteConfig(filename, 0, 4),
    begin: 'begin immediate',
    beginSnapshot: 'begin',
    rowsOf: sqliteRows,
    jsonText: (expression) => `json_quote(${expression})`,
    sameText: (left, right) => `${left} = ${right}`,
    // An empty buffer would be bound as null, which means a body that retention has deleted.
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

const sqliteConfig = (filename: string, min: number, max: number): Knex.Config => ({
  client: 'sqlite3',
  log: SILENT_LOG,
  connection: { filename },
  useNullAsDefault: true,
  acquireConnectionTimeout: RESOURCE_WAIT_MS,
  pool: {
    min,
    max,
    reapIntervalMillis: REAP_INTERVAL_MS,
    afterCreate: (connection: SqliteConnection, done: (error: Error | null) => void) => {
      keepStatements(connection);
      setPragmas(connection).then(() => done(null), done);
    },
  },
});

/** Checks whether the file that was opened still exists. */
function presenceOf(filename: string): Pick<Dialect, 'attach' | 'assertPresent'> {
  let file: string | null = null;
  return {
    attach: () => {
      file = identityOf(filename);
    },
    assertPresent: () => {
      if (file !== null && identityOf(filename) !== file)
        throw new Unavailable('store_gone', `The database file was removed or replaced while the service was running. Restart it.`, 5000);
    },
  };
}

/** Device and inode: a file with the same name is not the same file. `none`: the file does not exist. */
function identityOf(filename: string): string {
  const found = statSync(filename, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : 'none';
}
