import type { Drift } from '../../domain/entities/drift.ts';
import type { EntityReport, Subject } from '../../domain/entities/entity.ts';
import { reportOf } from './read/report.ts';
import { openText, subjectOf } from './read/request.ts';
import type { StandardSettings } from './settings.ts';

/** A resource's JSON on its own has no event type, so the resource exists. */
export function readFetched(_subject: Subject, text: string, settings: StandardSettings): { reports: EntityReport[]; drift: Drift[] } {
  const sources = openText({}, text);
  const { entity } = settings;
  const subject = entity ? subjectOf(settings, sources) : null;
  return { reports: entity && subject ? [reportOf(entity, subject, sources, false)] : [], drift: [] };
}
