import type { ConnectionHealth } from '../../monitoring/health/connection-health.ts';
import type { CoverageSpan } from '../../reconciliation/coverage.ts';
import type { AlertRow } from '../../store/monitoring/list-alerts.ts';
import type { RunRow } from '../../store/reconciliation/list-runs.ts';
import type { FailureCause } from '../../views/causes.ts';

import type { Tone } from './components/components.ts';

/** A link to follow, a button to press, or a command to run elsewhere. */
export type Step =
  | { kind: 'link'; label: string; href: string }
  | { kind: 'press'; label: string; path: string; hidden?: Readonly<Record<string, string | undefined>> }
  | { kind: 'command'; text: string };

/** One problem: its cause in a sentence, since when, and what to do about it. */
export interface Trouble {
  /** `plain`: for information, nothing to do. */
  tone: Exclude<Tone, 'good'>;
  /** Its effect on the data: some may be missing, some is stored but not applied, or neither. */
  effect: 'missing' | 'not applied' | 'none';
  sentence: string;
  since: string | null;
  steps: readonly Step[];
}

/** Formats a time in the reader's zone. */
export type TimeText = (iso: string) => string;

/** A group of failures, with facts from its sample delivery. */
export interface KnownCause extends FailureCause {
  /** It failed when it was received: the sender got an error. */
  onArrival?: boolean;
  /** The event is unknown, but was applied as the snapshot that it carries. */
  isApplied?: boolean;
}

/** What is known about one connection. `health` is null when it could not be read. */
export interface ConnectionFacts {
  name: string;
  /** The platform has an API: lists to compare with, resources to fetch. */
  hasApi: boolean;
  health: ConnectionHealth | null;
  coverage: readonly CoverageSpan[];
  /** Why its deliveries failed, are waiting, or had unknown events. */
  causes: readonly KnownCause[];
  missingDocuments: number;
  gaps: number;
  lastRun: Pick<RunRow, 'id' | 'state' | 'error' | 'startedAt' | 'finishedAt'> | null;
  alerts: readonly AlertRow[];
}

export type Assessor = (facts: ConnectionFacts, moment: { now: Date; when: TimeText }) => Trouble[];

export const reconcileStep = (name: string): Step => ({
  kind: 'press',
  label: 'Reconcile now',
  path: `/connections/${encodeURIComponent(name)}/reconcile`,
});

/** The error text without its code: `GET … answered 401`. */
export const plainError = (error: string): string => error.replace(/^[a-z_]+: /, '');

/** The same, where another sentence follows: many texts end with a full stop already. */
export function errorSentence(error: string): string {
  const text = plainError(error);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
