import type { Drift } from '../../domain/entities/drift.ts';
import type { EntityReport, ReportForm } from '../../domain/entities/entity.ts';
import { FUTURE_TIME, type ReportedTime, UNREADABLE_TIME } from '../../domain/values/time.ts';

/** How far a platform's clock may be ahead of ours before its time is not believed. */
const MOST_AHEAD_MS = 24 * 3_600_000;

export interface Arrival {
  form: ReportForm;
  /** ISO 8601 UTC: when the message arrived, or the answer was asked for. */
  at: string;
}

/**
 * Notes how and when reports arrived. A time that lies too far in the future is kept as it was told and compared as the arrival; it is drift,
 * and so is one that cannot be read.
 */
export function stampArrival<Said extends { reports: EntityReport[]; drift: Drift[] }>(said: Said, arrival: Arrival): Said {
  const latest = new Date(Date.parse(arrival.at) + MOST_AHEAD_MS).toISOString();
  const found = new Map<string, Drift>();
  const stamp = <Timed extends ReportedTime>(timed: Timed, path: string): Timed => {
    if (timed.timeUnreadable) found.set(`${UNREADABLE_TIME} ${path}`, { kind: 'value', name: UNREADABLE_TIME, path });
    if (timed.lastUpdatedAt === null || timed.lastUpdatedAt <= latest) return timed;
    found.set(`${FUTURE_TIME} ${path}`, { kind: 'value', name: FUTURE_TIME, path });
    return { ...timed, comparedAt: arrival.at };
  };
  const reports = said.reports.map((report) => ({
    ...stamp(report, '/lastUpdatedAt'),
    form: arrival.form,
    lines: report.lines.map((line) => stamp(line, '/lines/*/lastUpdatedAt')),
    documents: report.documents?.map((document) => stamp(document, '/documents/*/lastUpdatedAt')) ?? null,
  }));
  return { ...said, reports, drift: [...found.values(), ...said.drift] };
}
