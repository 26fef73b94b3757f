import type { Knex } from 'knex';
import { ANSWER_WITHIN_MS, RESOURCE_WAIT_MS } from '../../domain/deadlines.ts';
import { OrderdockError } from '../../domain/errors.ts';
import { type Dialect, REAP_INTERVAL_MS } from './dialect.ts';
import { errorCode, errorMessage, isObjectWith, isTimeout, SILENT_LOG } from './driver-errors.ts';
import type { SqlValue } from './sql-value.ts';
import { postgresTrigrams } from './trigrams.ts';

// The server cancels a statement of a transaction after 8 s by itself. If not even that response arrives, the server hangs or the network has
// dropped the connection silently: TCP would wait a quarter of an hour. The limit is set in the transaction and not when connecting: PgBouncer
// rejects start-up parameters it does not know (pgbouncer.org/config.html, ignore_startup_parameters, read 2026-11).
const IDLE_IN_TRANSACTION_MS = 15_000;
const isHung = (error: unknown): boolean => /Query read timeout/.test(errorMessage(error));

interface PostgresConnection {
  connection: { stream: { destroy(): void } };
  query<Row>(statement: string, bindings?: readonly SqlValue[]): Promise<{ rows?: Row[] }>;
}

const isPostgresConnection = (connection: unknown): connection is PostgresConnection => isObjectWith(connection, 'query');

const numbered = new Map<string, string>();

/** `?` becomes `$1`, `$2`, … It is the same few statements again and again, unless they list values, so only a limited number is cached. */
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
  // Without bindings one text may contain several statements.
  const result = bindings.length === 0 ? await client.query<Row>(statement) : await client.query<Row>(withNumbers(statement), bindings);
  return result.rows ?? [];
}

const POSTGRES_TYPES = { text: 'text', integer: 'bigint', boolean: 'boolean', json: 'json' } as const;

// `pipeline` is an option of pg that knex passes on without declaring it.
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
    verify: verifyServer,
    attach: () => {},
    assertPresent: () => {},
    writer: {
      client: 'pg',
      log: SILENT_LOG,
      connection: postgresConnection(url),
      acquireConnectionTimeout: RESOURCE_WAIT_MS,
      pool: { min: 0, max: 12, reapIntervalMillis: REAP_INTERVAL_MS },
    },
    reader: null,
    ...BEGINNINGS,
    rowsOf: (columns) =>
      `json_to_recordset(?::json) as rows(${Object.entries(columns)
        .map(([name, type]) => `"${name}" ${POSTGRES_TYPES[type]}`)
        .join(', ')})`,
    jsonText: (expression) => `coalesce(to_json(${expression})::text, 'null')`,
    // The indexes hold hashes of the texts, a third of the size (migrations/0049_hashed_texts.ts).
    sameText: (left, right) => `hashtextextended(${left}, 0) = hashtextextended(${right}, 0) and ${left} = ${right}`,
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
    discardIfHung: (error, connection) => {
      if (isHung(error) && isPostgresConnection(connection)) connection.connection.stream.destroy();
    },
    unavailable: isUnavailable,
  };
}

// Set every time: the database's default may differ, and PgBouncer accepts no start-up parameters. A process that freezes in its transaction must
// not block all others.
const BEGINNINGS = {
  begin:
    'begin isolation level read committed; ' +
    `set local statement_timeout = ${RESOURCE_WAIT_MS}; set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`,
  beginSnapshot: `begin isolation level repeatable read, read only; set local statement_timeout = ${RESOURCE_WAIT_MS}`,
};

// Class 08 connection, 53 resources, 57 operator intervention (shutdown, cancelled by timeout), 55P03 lock; or no connection at all.
const isUnavailable = (error: unknown): boolean =>
  isTimeout(error) ||
  isHung(error) ||
  /^(08|53|57)|^55P03$|^25006$|^E(CONN|PIPE|TIMEDOUT|HOST)|^ENOTFOUND$/.test(errorCode(error)) ||
  /Connection terminated|timeout exceeded when trying to connect|not queryable/i.test(errorMessage(error));

/** Statistics of expressions, which the migrations create. */
const OLDEST_VERSION = 14;

async function verifyServer(db: Knex): Promise<void> {
  const { rows } = await db.raw<{ rows: { encoding: string; version: string }[] }>(
    `select pg_encoding_to_char(encoding) as encoding, current_setting('server_version_num') as version
     from pg_database where datname = current_database()`,
  );
  const { encoding, version } = rows[0] ?? { encoding: '', version: '' };
  const major = Math.floor(Number(version) / 10_000);
  if (major < OLDEST_VERSION)
    throw new OrderdockError('database_too_old', `The database server is PostgreSQL ${major}; ${OLDEST_VERSION} or newer is needed.`);
  if (encoding !== 'UTF8')
    throw new OrderdockError(
      'database_encoding',
      `The database's encoding is ${encoding}: names and texts would be lost. Create it with ENCODING 'UTF8' (TEMPLATE template0).`,
    );
}
