import type { Dialect } from './dialect.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

/** The dialect of a database URL: `sqlite:PATH` or `postgres://…`. Creates the SQLite file if there is none. */
export const dialectOf = (url: string): Dialect =>
  url.startsWith('sqlite:') ? sqliteDialect(url.slice('sqlite:'.length)) : postgresDialect(url);
