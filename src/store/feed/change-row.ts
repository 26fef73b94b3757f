import type { EntityKind } from '../../domain/entities/entity.ts';
import { feedCursor } from '../../domain/entities/feed-cursor.ts';
import type { Dialect } from '../engine/dialect.ts';
import { fullDiff } from './short-diff.ts';

/** An entry of the feed as JSON, and its position: its sequence as decimal text. */
export interface ChangeText {
  position: string;
  cursor: string;
  text: string;
}

/** An entry of the feed. `lines` and `diff` are JSON texts. */
export interface ChangeRow extends ChangeText {
  changeId: string;
  at: string;
  connection: string;
  kind: EntityKind;
  action: string;
  entityId: string;
  externalId: string;
  version: number;
  lines: string;
  diff: string;
  causeType: string;
  causeId: string;
  eventType: string | null;
}

/** The members of the JSON before and after `diff` are put together by the database: reading a dozen values one by one takes twice as long. */
export interface TextRow {
  seq: number | string;
  change_id: string;
  external_id: string;
  before_diff: string;
  /** As stored: `fullDiff` restores the JSON text. */
  diff: string;
  after_diff: string;
}

export interface Row extends TextRow {
  at: string;
  connection: string;
  kind: EntityKind;
  action: string;
  entity_id: string;
  version: number;
  lines: string;
  cause_type: string;
  cause_id: string;
  event_type: string | null;
}

// The texts of the platforms are quoted, the others need no escaping: times, UUIDs, and names that Orderdock has given or checked.
const beforeDiff = ({ jsonText }: Dialect): string =>
  `'","at":"' || changes.at || '","connection":"' || changes.connection || '","kind":"' || changes.kind || '","action":"' || changes.action
   || '","id":"' || changes.entity_id || '","externalId":' || ${jsonText('changes.external_id')} || ',"version":' || changes.version
   || ',"lines":' || changes.lines || ',"diff":'`;

const afterDiff = ({ jsonText }: Dialect): string =>
  `',"cause":{"type":"' || changes.cause_type || '","id":' || ${jsonText('changes.cause_id')}
   || ',"eventType":' || ${jsonText('changes.event_type')} || '}}'`;

/** The columns of a `TextRow`. */
export const textColumns = (dialect: Dialect): string =>
  `changes.seq, changes.change_id, changes.external_id, ${beforeDiff(dialect)} as before_diff, changes.diff, ${afterDiff(dialect)} as after_diff`;

const FURTHER = ['at', 'connection', 'kind', 'action', 'entity_id', 'version', 'lines', 'cause_type', 'cause_id', 'event_type'];

/** The columns of a `Row`. */
export const changeColumns = (dialect: Dialect): string => [textColumns(dialect), ...FURTHER.map((name) => `changes.${name}`)].join(', ');

export const toText = (row: TextRow): ChangeText => joined(row, fullDiff(row.diff, row.external_id));

function joined(row: TextRow, diff: string): ChangeText {
  const cursor = feedCursor(row.seq, row.change_id);
  const text = `{"cursor":"${cursor}","changeId":"${row.change_id}${row.before_diff}${diff}${row.after_diff}`;
  return { position: String(row.seq), cursor, text };
}

export function toChange(row: Row): ChangeRow {
  const diff = fullDiff(row.diff, row.external_id);
  return { ...joined(row, diff), ...toMembers(row), diff };
}

const toMembers = (row: Row): Omit<ChangeRow, keyof ChangeText | 'diff'> => ({
  changeId: row.change_id,
  at: row.at,
  connection: row.connection,
  kind: row.kind,
  action: row.action,
  entityId: row.entity_id,
  externalId: row.external_id,
  version: row.version,
  lines: row.lines,
  causeType: row.cause_type,
  causeId: row.cause_id,
  eventType: row.event_type,
});
