import type { EntityReport, Subject } from '../../domain/entities/entity.ts';
import { InvalidBody } from '../../domain/errors.ts';
import { isOrishaKind, readRecord } from './read/record.ts';
import { parseDocument } from './read/webhook.ts';

/** A fetched or listed record exists at this moment, so it also restores one that had been deleted. */
export function readFetched(subject: Subject, text: string): { reports: EntityReport[]; drift: [] } {
  if (!isOrishaKind(subject.kind)) throw new InvalidBody(`Orisha Commerce has no ${subject.kind}`);
  return { reports: [{ ...readRecord(subject.kind, subject.externalId, parseDocument(text)), creates: true }], drift: [] };
}
