import type { Sql } from '../store/engine/database.ts';
import type { ChangeRow } from '../store/feed/change-row.ts';
import type { FeedFilter } from '../store/feed/read-changes.ts';
import { type Progress, readProgress } from '../store/feed/read-progress.ts';

/** Whether a change passes a consumer's filter. */
export const isFor = (filter: FeedFilter, { kind, connection }: ChangeRow): boolean =>
  (filter.kinds?.includes(kind) ?? true) && (filter.connections?.includes(connection) ?? true);

const progressView = ({ consumer, readAt, acknowledgedAt, status, reference, reason, receiptAt }: Progress) => ({
  consumer,
  readAt,
  acknowledgedAt,
  receipt: status === null ? null : { status, reference, reason, at: receiptAt },
});

/** Changes as JSON text, each with its progress at the consumers whose filter it passes. */
export async function historyTexts(sql: Sql, changes: readonly ChangeRow[]): Promise<{ position: string; cursor: string; text: string }[]> {
  const all = await readProgress(
    sql,
    changes.map(({ position }) => position),
  );
  const grouped = Map.groupBy(all, ({ position }) => position);
  return changes.map((change) => {
    const progress = (grouped.get(change.position) ?? []).filter(({ filter }) => isFor(filter, change)).map(progressView);
    const text = `${change.text.slice(0, -1)},"consumers":${JSON.stringify(progress)}}`;
    return { position: change.position, cursor: change.cursor, text };
  });
}
