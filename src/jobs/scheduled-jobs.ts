import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { AlertDispatcher } from '../monitoring/alerts.ts';
import { checkConnections } from '../monitoring/check-connections.ts';
import { checkRegistrations } from '../monitoring/check-registrations.ts';
import type { InvariantChecker } from '../monitoring/invariants.ts';
import { readOpenAlerts } from '../store/monitoring/alerts.ts';
import { enforceRetention } from './retention.ts';

/** A scheduled job besides reconciliation. Expressions are cron, UTC. */
export interface ScheduledJob {
  name: string;
  expression: string;
  /** Also run when the process starts. */
  atStart?: true;
  perform(): Promise<unknown>;
}

export interface JobDependencies {
  alerts: Pick<AlertDispatcher, 'resend'>;
  invariants: InvariantChecker;
  retentionDays: number;
  /** `PUBLIC_URL`; null: not set. */
  publicUrl: string | null;
  stop: AbortSignal;
}

export const scheduledJobs = (
  context: Context,
  { alerts, invariants, retentionDays, publicUrl, stop }: JobDependencies,
): ScheduledJob[] => [
  { name: 'watch', expression: '* * * * *', perform: () => checkConnections(context) },
  { name: 'alerts', expression: '* * * * *', perform: () => alerts.resend() },
  { name: 'invariants', expression: '30 * * * * *', perform: () => invariants.check() },
  { name: 'registrations', expression: '41 * * * *', atStart: true, perform: () => checkAllRegistrations(context, publicUrl, stop) },
  { name: 'missing-registrations', expression: '*/5 * * * *', perform: () => checkMissingRegistrations(context, publicUrl) },
  { name: 'retention', expression: '17 * * * *', perform: () => enforceRetention(context, { retentionDays, stop }) },
];

const JITTER_MS = 60_000;

/** Starts after a random delay, so that installations do not all call a platform in the same second. */
async function checkAllRegistrations(context: Context, publicUrl: string | null, stop: AbortSignal): Promise<void> {
  await sleep(context.random() * JITTER_MS, undefined, { signal: stop }).catch(() => {});
  for (const connection of context.connections.list()) {
    if (stop.aborted) return;
    await checkRegistrations(context, connection, publicUrl);
  }
}

/** Missing registrations are checked more often, so that the alert closes soon after an operator has fixed them. */
async function checkMissingRegistrations(context: Context, publicUrl: string | null): Promise<void> {
  for (const { connection } of await readOpenAlerts(context.db.read, 'webhook_disabled')) {
    const configured = connection === null ? undefined : context.connections.get(connection);
    if (configured) await checkRegistrations(context, configured, publicUrl);
  }
}
