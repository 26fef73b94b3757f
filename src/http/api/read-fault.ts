import { Unavailable } from '../../domain/errors.ts';
import type { Database } from '../../store/engine/database.ts';

/** An unavailable database is neither the client's fault nor a bug: the client should retry. Other errors are returned unchanged. */
export const readFault = (db: Database, error: unknown): unknown =>
  db.dialect.unavailable(error)
    ? new Unavailable('database_unavailable', 'The database is unavailable. Retry later.', 5000, { cause: error })
    : error;
