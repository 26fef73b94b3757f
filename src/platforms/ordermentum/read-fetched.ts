import { type Drift, findDrift } from '../../domain/entities/drift.ts';
import type { EntityReport, Subject } from '../../domain/entities/entity.ts';
import { InvalidBody } from '../../domain/errors.ts';
import { unwrapped } from './read/members.ts';
import { isOrdermentumKind, parseDocument, readResource } from './read/resource.ts';
import { shapeOfKind } from './shapes.ts';

/** Reads a fetched detail or a list row. Throws `InvalidBody` unless it is a JSON object. */
export function readFetched(subject: Subject, text: string): { reports: EntityReport[]; drift: Drift[] } {
  const document = parseDocument(text);
  if (!isOrdermentumKind(subject.kind)) throw new InvalidBody(`Ordermentum has no ${subject.kind}`);
  const resource = unwrapped(document);
  return {
    reports: [readResource(subject.kind, subject.externalId, resource)],
    drift: findDrift(resource, shapeOfKind[subject.kind]),
  };
}
