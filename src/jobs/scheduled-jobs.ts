import type { Context } from '../context.ts';
import type { AlertDispatcher } from '../monitoring/alerts.ts';
import { checkConnections } from '../monitoring/check-connections.ts';
import type { InvariantChecker } from '../monitoring/invariants.ts';
import { enforceRetention } from './retention.ts';

/** What is done by the clock, beside reconciliation. Expressions are cron, UTC. */
export interface ScheduledJob {
  name: string;
  expression: string;
  perform(): Promise<unknown>;
}

export interface JobDependencies {
  desk: Pick<AlertDispatcher, 'resend'>;
  invariants: InvariantChecker;
  retentionDays: number;
  stop: AbortSignal;
}

export const scheduledJobs = (context: Context, { desk, invariants, retentionDays, stop }: JobDependencies): ScheduledJob[] => [
  { name: 'watch', expression: '* * * * *', perform: () => checkConnections(context) },
  { name: 'alerts', expression: '* * * * *', perform: () => desk.resend() },
  { name: 'invariants', expression: '30 * * * * *', perform: () => invariants.check() },
  { name: 'retention', expression: '17 * * * *', perform: () => enforceRetention(context, { retentionDays, stop }) },
];
