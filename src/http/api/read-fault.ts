import { Unavailable } from '../../domain/errors.ts';
import type { Database } from '../../store/engine/database.ts';

/** A database that cannot be read now is not the client's fault, nor a bug: it is asked to come again. Other errors stay what they are. */
export const readFault = (db: Database, error: unknown): unknown =>
  db.dialect.unavailable(error)
    ? new Unavailable('database_unavailable', 'The database cannot be read now.', 5000, { cause: error })
    : error;
