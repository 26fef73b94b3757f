import type { EntityKind, EntityReport, Header, Party } from '../../../domain/entities/entity.ts';
import { decimalText } from '../../../domain/values/decimal.ts';
import { type Json, type JsonObject, textAt } from '../../../domain/values/json.ts';
import type { ReportedTime } from '../../../domain/values/time.ts';

/** The header members that all objects of the platform share; the rest is null. */
export function headerOf(object: JsonObject, known: Partial<Header>): Header {
  return {
    number: null,
    status: null,
    currency: null,
    buyer: partyOf(object.customer),
    supplier: partyOf(object.merchant),
    total: decimalText(object.total),
    orderedAt: null,
    ...known,
  };
}

/** A record that consists of a header only. */
export function recordReport(kind: EntityKind, externalId: string, time: ReportedTime, header: Header, source: JsonObject): EntityReport {
  return {
    kind,
    externalId,
    ...time,
    header,
    lines: [],
    linesComplete: false,
    documents: null,
    deleted: false,
    source,
    sourceLines: null,
  };
}

export function partyOf(id: Json | undefined, name: string | null = null): Party | null {
  const text = textAt(id);
  return text === null && name === null ? null : { id: text, name };
}
