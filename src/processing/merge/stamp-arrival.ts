import type { Drift } from '../../domain/entities/drift.ts';
import type { EntityReport, ReportForm } from '../../domain/entities/entity.ts';
import { FUTURE_TIME, type ReportedTime, UNREADABLE_TIME } from '../../domain/values/time.ts';

/** How far a platform's clock may be ahead of ours before its times are no longer trusted. */
const MOST_AHEAD_MS = 24 * 3_600_000;

export interface Arrival {
  form: ReportForm;
  /** ISO 8601 UTC: when the message arrived, or the fetch or list was requested. */
  at: string;
}

/**
 * Marks reports with how and when they arrived. A time too far in the future is stored as reported, but compared by its arrival. It counts as
 * drift, and so does a time that cannot be read.
 */
export function stampArrival<Reading extends { reports: EntityReport[]; drift: Drift[] }>(reading: Reading, arrival: Arrival): Reading {
  const latest = new Date(Date.parse(arrival.at) + MOST_AHEAD_MS).toISOString();
  const found = new Map<string, Drift>();
  const stamp = <Timed extends ReportedTime>(timed: Timed, path: string): Timed => {
    if (timed.timeUnreadable) found.set(`${UNREADABLE_TIME} ${path}`, { kind: 'value', name: UNREADABLE_TIME, path });
    if (timed.lastUpdatedAt === null || timed.lastUpdatedAt <= latest) return timed;
    found.set(`${FUTURE_TIME} ${path}`, { kind: 'value', name: FUTURE_TIME, path });
    return { ...timed, comparedAt: arrival.at };
  };
  const reports = reading.reports.map((report) => ({
    ...stamp(report, '/lastUpdatedAt'),
    form: arrival.form,
    lines: report.lines.map((line) => stamp(line, '/lines/*/lastUpdatedAt')),
    documents: report.documents?.map((document) => stamp(document, '/documents/*/lastUpdatedAt')) ?? null,
  }));
  return { ...reading, reports, drift: [...found.values(), ...reading.drift] };
}
