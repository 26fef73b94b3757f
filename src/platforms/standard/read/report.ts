import { decimalText } from '../../../domain/decimal.ts';
import type { EntityReport, Header, Subject } from '../../../domain/entity.ts';
import { isObject, type Json, type JsonObject } from '../../../domain/json.ts';
import { readTime } from '../../../domain/time.ts';
import type { EntityRule } from '../settings.ts';
import { type Sources, textOf, valueAt } from './expression.ts';

/** One entity with the whole body as its source. */
export const reportOf = (entity: EntityRule, subject: Subject, sources: Sources, deleted: boolean): EntityReport => ({
  ...subject,
  lastUpdatedAt: entity.updatedAt ? timeOf(valueAt(entity.updatedAt, sources)) : null,
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

/** Headers can only hold text, and some senders quote their seconds. */
const timeOf = (value: Json | undefined): string | null =>
  readTime(typeof value === 'string' && /^\d{9,14}$/.test(value) ? Number(value) : value);

const sourceOf = (body: Json): JsonObject => (isObject(body) ? body : { body });
