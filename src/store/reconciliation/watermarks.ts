import type { Sql } from '../engine/database.ts';

/** How far reconciliation has read: per stream, a string in the platform's own format. */
export async function readWatermarks(sql: Sql, connection: string): Promise<Map<string, string | null>> {
  const rows = await sql.all<{ stream: string; watermark: string | null }>(
    'select stream, watermark from watermarks where connection = ? order by stream',
    [connection],
  );
  return new Map(rows.map((row) => [row.stream, row.watermark]));
}

export async function moveWatermark(sql: Sql, connection: string, stream: string, watermark: string | null, at: string): Promise<void> {
  await sql.all(
    `insert into watermarks (connection, stream, watermark, updated_at) values (?, ?, ?, ?)
     on conflict (connection, stream) do update set watermark = excluded.watermark, updated_at = excluded.updated_at`,
    [connection, stream, watermark, at],
  );
}
