import type { EntityReport, Header, Subject } from '../../../domain/entities/entity.ts';
import { decimalText } from '../../../domain/values/decimal.ts';
import { isObject, type Json, type JsonObject } from '../../../domain/values/json.ts';
import { readReportedTime } from '../../../domain/values/time.ts';
import type { EntityRule } from '../settings.ts';
import { type Sources, textOf, valueAt } from './expression.ts';

/** One entity with the whole body as its source. */
export const reportOf = (entity: EntityRule, subject: Subject, sources: Sources, deleted: boolean): EntityReport => ({
  ...subject,
  ...readReportedTime(entity.updatedAt ? valueAt(entity.updatedAt, sources) : undefined),
  header: deleted ? null : headerOf(entity, sources),
  lines: [],
  linesComplete: false,
  documents: null,
  deleted,
  source: deleted ? null : sourceOf(sources.body),
  sourceLines: null,
});

const headerOf = (entity: EntityRule, sources: Sources): Header => ({
  number: textOf(entity.number, sources),
  status: textOf(entity.status, sources),
  currency: textOf(entity.currency, sources),
  buyer: null,
  supplier: null,
  total: entity.total ? decimalText(valueAt(entity.total, sources)) : null,
  orderedAt: null,
});

const sourceOf = (body: Json): JsonObject => (isObject(body) ? body : { body });
