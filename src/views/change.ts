import type { ChangeRow } from '../store/feed/read-changes.ts';

const quoted = JSON.stringify;

/** An entry of the feed as JSON text. The stored JSON of `lines` and `diff` is inserted unchanged, so a page needs no parsing. */
export const changeText = (change: ChangeRow): string =>
  `{"cursor":"${change.cursor}","changeId":"${change.changeId}","at":"${change.at}","connection":"${change.connection}","kind":"${change.kind}","action":"${change.action}",` +
  `"id":"${change.entityId}","externalId":${quoted(change.externalId)},"version":${change.version},"lines":${change.lines},"diff":${change.diff},` +
  `"cause":{"type":"${change.causeType}","id":${quoted(change.causeId)},"eventType":${quoted(change.eventType)}}}`;

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
export const changeObject = (change: ChangeRow): object => JSON.parse(changeText(change));
