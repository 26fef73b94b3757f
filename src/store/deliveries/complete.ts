import type { Attempt, DeliveryState } from '../../domain/entities/delivery.ts';
import { pack } from '../../domain/values/packed-bytes.ts';
import { pipelined, type Sql } from '../engine/database.ts';
import { placed, rowsParameter } from '../engine/rows.ts';
import { attemptsText } from './row.ts';

const ENDED = {
  seq: 'integer',
  state: 'text',
  finished_at: 'text',
  next_attempt_at: 'text',
  error: 'text',
  attempts: 'text',
  tries: 'integer',
  notification: 'boolean',
  replay: 'text',
} as const;

export interface CompletedDelivery {
  seq: number;
  state: DeliveryState;
  finishedAt: string | null;
  nextAttemptAt: string;
  error: string | null;
  attempts: readonly Attempt[];
  tries: number;
  notification: boolean;
  replay: 'fresh' | 'recorded' | null;
  /** The response of a fetch; null: nothing new to store. */
  recorded: string | null;
}

/**
 * Writes the next states of deliveries, for the worker that has claimed them, or (null) as they were taken. Returns how many were unchanged until
 * then.
 */
export async function completeDeliveries(sql: Sql, worker: string | null, ended: readonly CompletedDelivery[]): Promise<number> {
  const rows = ended.map((one) => ({
    seq: one.seq,
    state: one.state,
    finished_at: one.finishedAt,
    // A finished delivery has none: the column is not read.
    next_attempt_at: one.finishedAt === null ? one.nextAttemptAt : '',
    error: one.error,
    attempts: attemptsText(one.attempts),
    tries: one.tries,
    notification: one.notification,
    replay: one.replay,
  }));
  const own =
    worker === null
      ? `deliveries.state = 'pending' and not deliveries.notification`
      : `deliveries.state = 'working' and deliveries.worker = ?`;
  const recorded = await Promise.all(
    ended.flatMap(({ seq, recorded: text }) => (text === null ? [] : [pack(Buffer.from(text)).then((packed) => ({ seq, packed }))])),
  );
  const [done] = await pipelined(sql, [
    () =>
      sql.all(
        `update deliveries set state = rows.state, finished_at = rows.finished_at, next_attempt_at = rows.next_attempt_at, error = rows.error,
           attempts = rows.attempts, tries = rows.tries, notification = rows.notification, replay = rows.replay, worker = null, lease_until = null
         from ${sql.dialect.rowsOf(ENDED)} where deliveries.seq = rows.seq and ${own} returning 1 as done`,
        worker === null ? [rowsParameter(rows)] : [rowsParameter(rows), worker],
      ),
    async () => (recorded.length === 0 ? [] : keepRecorded(sql, recorded)),
  ]);
  return done.length;
}

const PLACED = { seq: 'integer', at: 'integer', bytes: 'integer' } as const;

const keepRecorded = (sql: Sql, recorded: readonly { seq: number; packed: Buffer }[]): Promise<unknown[]> => {
  const { rows, bytes } = placed(recorded);
  return sql.all(
    `update delivery_contents set recorded = ${sql.dialect.slice} from ${sql.dialect.rowsOf(PLACED)} where delivery_contents.seq = rows.seq`,
    [bytes, rowsParameter(rows)],
  );
};
