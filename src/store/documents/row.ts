import type { DocumentReport } from '../../domain/entities/entity.ts';
import { objectAt } from '../../domain/values/json.ts';
import { storedText } from '../engine/rows.ts';

/** A row of `documents` as the engines return it. */
export interface DocumentColumns {
  seq: number | string;
  id: string;
  connection: string;
  entity_id: string;
  line: string | null;
  announced: string;
  state: string;
  content_type: string | null;
  filename: string | null;
  bytes: number | string | null;
  sha256: string | null;
  tries: number | string;
  error: string | null;
  announced_at: string;
  next_attempt_at: string;
  lease_until: string;
  stored_at: string | null;
  superseded_by: string | null;
  removed_at: string | null;
  host: string | null;
}

/** The condition for current documents that failed permanently. Its first part is that of an index. */
export const GIVEN_UP = `state not in ('stored', 'empty') and state <> 'announced' and superseded_by is null and removed_at is null`;

/** The JSON text of `documents.announced`. */
export function toAnnounced(text: string): DocumentReport {
  const stored = objectAt(JSON.parse(text));
  const comparedAt = storedText(stored.comparedAt);
  return {
    key: storedText(stored.key) ?? '',
    name: storedText(stored.name) ?? '',
    objectId: storedText(stored.objectId),
    url: storedText(stored.url),
    code: storedText(stored.code),
    revision: storedText(stored.revision),
    type: storedText(stored.type),
    description: storedText(stored.description),
    line: storedText(stored.line),
    lastUpdatedAt: storedText(stored.lastUpdatedAt),
    ...(stored.timeUnreadable === true ? { timeUnreadable: true } : {}),
    ...(comparedAt === null ? {} : { comparedAt }),
  };
}
