import type { Knex } from 'knex';
import type { SqlValue } from './sql-value.ts';
import type { TrigramIndex } from './trigrams.ts';

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
