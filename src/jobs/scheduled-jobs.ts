import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { AlertDispatcher } from '../monitoring/alerts.ts';
import { checkConnections } from '../monitoring/check-connections.ts';
import { checkRegistrations } from '../monitoring/check-registrations.ts';
import type { InvariantChecker } from '../monitoring/invariants.ts';
import { readOpenAlerts } from '../store/monitoring/alerts.ts';
import { enforceRetention } from './retention.ts';

/** What is done by the clock, beside reconciliation. Expressions are cron, UTC. */
export interface ScheduledJob {
  name: string;
  expression: string;
  /** Also when the process starts. */
  atStart?: true;
  perform(): Promise<unknown>;
}

export interface JobDependencies {
  desk: Pick<AlertDispatcher, 'resend'>;
  invariants: InvariantChecker;
  retentionDays: number;
  /** `PUBLIC_URL`; null: not set. */
  publicUrl: string | null;
  stop: AbortSignal;
}

export const scheduledJobs = (context: Context, { desk, invariants, retentionDays, publicUrl, stop }: JobDependencies): ScheduledJob[] => [
  { name: 'watch', expression: '* * * * *', perform: () => checkConnections(context) },
  { name: 'alerts', expression: '* * * * *', perform: () => desk.resend() },
  { name: 'invariants', expression: '30 * * * * *', perform: () => invariants.check() },
  { name: 'registrations', expression: '41 * * * *', atStart: true, perform: () => checkAllRegistrations(context, publicUrl, stop) },
  { name: 'missing-registrations', expression: '*/5 * * * *', perform: () => checkMissingRegistrations(context, publicUrl) },
  { name: 'retention', expression: '17 * * * *', perform: () => enforceRetention(context, { retentionDays, stop }) },
];

const JITTER_MS = 60_000;

/** After a pause of its own, so that the installations of the world do not ask a platform in the same second. */
async function checkAllRegistrations(context: Context, publicUrl: string | null, stop: AbortSignal): Promise<void> {
  await sleep(context.random() * JITTER_MS, undefined, { signal: stop }).catch(() => {});
  for (const connection of context.connections.list()) {
    if (stop.aborted) return;
    await checkRegistrations(context, connection, publicUrl);
  }
}

/** What is missing is looked for more often, so that the alert ends soon after an operator has mended it. */
async function checkMissingRegistrations(context: Context, publicUrl: string | null): Promise<void> {
  for (const { connection } of await readOpenAlerts(context.db.read, 'webhook_disabled')) {
    const configured = connection === null ? undefined : context.connections.get(connection);
    if (configured) await checkRegistrations(context, configured, publicUrl);
  }
}
