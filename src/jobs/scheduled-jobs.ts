import type { Context } from '../context.ts';
import type { AlertDesk } from '../monitoring/alerts.ts';
import { watchConnections } from '../monitoring/check-connections.ts';
import type { InvariantWatch } from '../monitoring/invariants.ts';
import { enforceRetention } from './retention.ts';

/** What is done by the clock, beside reconciliation. Expressions are cron, UTC. */
export interface Duty {
  name: string;
  expression: string;
  perform(): Promise<unknown>;
}

export interface DutyTools {
  desk: Pick<AlertDesk, 'resend'>;
  invariants: InvariantWatch;
  retentionDays: number;
  stop: AbortSignal;
}

export const duties = (context: Context, { desk, invariants, retentionDays, stop }: DutyTools): Duty[] => [
  { name: 'watch', expression: '* * * * *', perform: () => watchConnections(context) },
  { name: 'alerts', expression: '* * * * *', perform: () => desk.resend() },
  { name: 'invariants', expression: '30 * * * * *', perform: () => invariants.check() },
  { name: 'retention', expression: '17 * * * *', perform: () => enforceRetention(context, { retentionDays, stop }) },
];
