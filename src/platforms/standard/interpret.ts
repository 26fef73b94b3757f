import { tooManyDigits, unknownEvent } from '../../domain/entities/drift.ts';
import { bodyText } from '../../domain/values/body-text.ts';
import { hasTooManyDigits } from '../../domain/values/decimal.ts';
import type { Interpretation, StoredRequest } from '../contract/webhook.ts';
import { textOf, valueAt } from './read/expression.ts';
import { reportOf } from './read/report.ts';
import { concerns, matches, openText, subjectOf } from './read/request.ts';
import type { StandardSettings } from './settings.ts';

/** Pure: one entity with the whole body as its source. A body without an id is stored as a delivery and ignored. */
export function interpret(delivery: StoredRequest, settings: StandardSettings): Interpretation {
  const sources = openText(delivery.headers, bodyText(delivery.body, delivery.contentType));
  const { entity } = settings;
  if (!entity) return { do: 'ignore', reason: 'the connection configures no entity', drift: [] };
  const type = textOf(settings.type, sources);
  if (type !== null && !concerns(entity, type)) {
    return { do: 'ignore', reason: `${type} is not about the connection's ${entity.kind}`, drift: [unknownEvent(type, settings.type)] };
  }
  const subject = subjectOf(settings, sources);
  if (!subject) return { do: 'ignore', reason: `there is no id at ${entity.id}`, drift: [] };
  const deleted = type !== null && matches(entity.deletedTypes, type);
  const total = entity.total ? valueAt(entity.total, sources) : undefined;
  const drift = entity.total && hasTooManyDigits(total) ? [tooManyDigits(entity.total)] : [];
  return { do: 'apply', reports: [reportOf(entity, subject, sources, deleted)], drift };
}
