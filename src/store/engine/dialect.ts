import type { Knex } from 'knex';
import type { SqlValue } from './sql-value.ts';
import type { TrigramIndex } from './trigrams.ts';

/** How often a pool looks for connections that have been idle for 30 s. The default, every second, wakes a process at rest. */
export const REAP_INTERVAL_MS = 15_000;

/** Everything that differs between the two engines. Table files check what the engine supports, never which engine it is. */
export interface Dialect {
  name: 'sqlite' | 'postgres';
  writer: Knex.Config;
  /** SQLite reads on separate connections; null: the writer's pool serves both. */
  reader: Knex.Config | null;
  begin: string;
  /** Begins a transaction that reads one state of the database, whatever is committed in the meantime. */
  beginSnapshot: string;
  /**
   * `from` clause that expands one JSON array parameter into rows. `columns` are `name type`; types: text, integer, boolean, json (stored as its
   * text, which avoids encoding it as text within the JSON). JSON members are read as `rows.name`.
   */
  rowsOf(columns: Readonly<Record<string, 'text' | 'integer' | 'boolean' | 'json'>>): string;
  /** Expression for a text as JSON: quoted and escaped as `JSON.stringify` does it; `null` for null. */
  jsonText(expression: string): string;
  /** Condition that two texts are the same, for columns whose indexes do not hold the text itself. */
  sameText(left: string, right: string): string;
  /** Expression for a part of a binary parameter, given by the row's `at` (from 1) and `bytes`. */
  slice: string;
  trigrams: TrigramIndex;
  /** Suffix of a `select` that locks its rows of `table` until the commit; empty if the engine has a single writer anyway. */
  lockRows(table: string): string;
  /** The same, skipping rows that another transaction has locked. */
  skipLocked(table: string): string;
  /** One statement can insert into two tables. */
  insertsInQueries: boolean;
  /** Runs one statement on a raw connection; sends it immediately. */
  run<Row>(connection: unknown, statement: string, bindings: readonly SqlValue[]): Promise<Row[]>;
  /** Statements of one transaction may be sent without waiting for each other's responses; they are executed in the order in which they were sent. */
  pipelines: boolean;
  /** True for a transaction that failed because of a concurrent one: a retry may succeed. */
  conflicted(error: unknown): boolean;
  /** Waits for a transaction-level lock named by one text binding; null if the engine has a single writer anyway. */
  namedLock: string | null;
  /** Called before anything else: throws `OrderdockError` if the database cannot store every text. */
  verify(db: Knex): Promise<void>;
  /** Remembers the identity of the open database, which `assertPresent` checks from then on. */
  attach(): void;
  /** Throws `Unavailable('store_gone')` if the database file was removed or replaced: anything written then would be lost with it. */
  assertPresent(): void;
  /** Changes after every write to the database; null: this cannot be determined without a query. */
  changeMark(): string | null;
  /** True for environmental errors: locked, full, unreachable. The sender is asked to retry. */
  unavailable(error: unknown): boolean;
  /** Closes the connection if the error says that the database has stopped responding: it may never respond, and must not be reused. */
  discardIfHung(error: unknown, connection: unknown): void;
}
