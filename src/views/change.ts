import type { ChangeText } from '../store/feed/change-row.ts';

export const CHANGE_COLUMNS = [
  'cursor',
  'changeId',
  'at',
  'connection',
  'kind',
  'action',
  'id',
  'externalId',
  'version',
  'lines',
  'diff',
  'cause.type',
  'cause.id',
  'cause.eventType',
];

/** The entry parsed, for CSV. */
export const changeObject = (change: ChangeText): object => JSON.parse(change.text);
