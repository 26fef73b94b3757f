import type { EntityReport } from '../../../domain/entities/entity.ts';
import { type JsonObject, textAt } from '../../../domain/values/json.ts';
import { ORISHA_KINDS, type OrishaKind } from '../events.ts';
import type { OrishaSettings } from '../settings.ts';
import { memberOf, ownCodeOf } from './codes.ts';

export const isOrishaKind = (kind: string): kind is OrishaKind => ORISHA_KINDS.some((known) => known === kind);

/** The path template of the kind's detail; null if codes are all we get. */
export const pathFor = (kind: OrishaKind, settings: OrishaSettings): string | null => settings.api?.paths[kind] ?? null;

/** Orisha Commerce's records contain no reliable times, so the order of arrival counts. */
const untold = { lastUpdatedAt: null, lines: [], linesComplete: false, documents: null, sourceLines: null } as const;

export const readDeletion = (kind: OrishaKind, externalId: string): EntityReport => ({
  ...untold,
  lines: [],
  kind,
  externalId,
  header: null,
  deleted: true,
  source: null,
});

/** Record schemas are unpublished: the header has the code and members with obvious names; everything is in `source`. */
export const readRecord = (kind: OrishaKind, externalId: string, record: JsonObject): EntityReport => ({
  ...untold,
  lines: [],
  kind,
  externalId,
  header: {
    number: ownCodeOf(kind, externalId),
    status: textAt(memberOf(record, 'Status')),
    currency: textAt(memberOf(record, 'Currency')) ?? textAt(memberOf(record, 'CurrencyCode')),
    buyer: null,
    supplier: null,
    total: null,
    orderedAt: null,
  },
  deleted: false,
  source: record,
});
