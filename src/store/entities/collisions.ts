import { pipelined, type Sql } from '../engine/database.ts';

/** Counts reports that had no effect because they were older (`stale`), and those that were applied although their time was equal (`collision`). */
export async function countCollisions(
  sql: Sql,
  counts: readonly { connection: string; stale: number; collisions: number }[],
): Promise<void> {
  const sums = new Map<string, { connection: string; reason: string; count: number }>();
  const add = (connection: string, reason: string, count: number) => {
    const key = `${connection} ${reason}`;
    sums.set(key, { connection, reason, count: (sums.get(key)?.count ?? 0) + count });
  };
  for (const one of counts) {
    if (one.stale > 0) add(one.connection, 'stale', one.stale);
    if (one.collisions > 0) add(one.connection, 'collision', one.collisions);
  }
  const counted = [...sums.values()].map(
    ({ connection, reason, count }) =>
      () =>
        sql.all(
          `insert into collisions (connection, reason, count) values (?, ?, ?)
           on conflict (connection, reason) do update set count = collisions.count + excluded.count`,
          [connection, reason, count],
        ),
  );
  await pipelined(sql, counted);
}
