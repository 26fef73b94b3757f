import { decimalText } from '../../domain/decimal.ts';
import { type Drift, unknownEvent } from '../../domain/drift.ts';
import type { EntityReport, Header, Subject } from '../../domain/entity.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { readTime } from '../../domain/time.ts';
import type { Interpretation, StoredRequest } from '../contract/webhook.ts';
import { type Sources, textOf, valueAt } from './read/expression.ts';
import { matches, openRequest, subjectOf, tellsOf } from './read/request.ts';
import type { EntityRule, StandardSettings } from './settings.ts';

/** Pure: one entity with the whole body as its source. What cannot be named is kept as a delivery, and ignored. */
export function interpret(delivery: StoredRequest, settings: StandardSettings): Interpretation {
  const sources = openRequest(delivery);
  const { entity } = settings;
  if (!entity) return { do: 'ignore', reason: 'the connection names no entity', drift: [] };
  const type = textOf(settings.type, sources);
  if (type !== null && !tellsOf(entity, type)) {
    return { do: 'ignore', reason: `${type} does not tell of the connection's ${entity.kind}`, drift: [unknownEvent(type, settings.type)] };
  }
  const subject = subjectOf(settings, sources);
  if (!subject) return { do: 'ignore', reason: `there is no id at ${entity.id}`, drift: [] };
  const deleted = type !== null && matches(entity.deletedTypes, type);
  return { do: 'apply', reports: [reportOf(entity, subject, sources, deleted)], drift: [] };
}

/** The same of a resource's JSON on its own: there is no event type, so it is alive. */
export function readFetched(_subject: Subject, text: string, settings: StandardSettings): { reports: EntityReport[]; drift: Drift[] } {
  const sources = openRequest({ headers: {}, body: Buffer.from(text) });
  const { entity } = settings;
  const subject = entity ? subjectOf(settings, sources) : null;
  return { reports: entity && subject ? [reportOf(entity, subject, sources, false)] : [], drift: [] };
}

const reportOf = (entity: EntityRule, subject: Subject, sources: Sources, deleted: boolean): EntityReport => ({
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
