import type { Context } from './pipeline/context.ts';
import { watchSilence } from './pipeline/silence.ts';
import type { Duty } from './schedule.ts';

/** What is done by the clock beside reconciliation, each by one process of all. Times are UTC. */
export function timetable(context: Context, _ports: { retentionDays: number; resendAlerts(): Promise<void> }): Duty[] {
  return [
    {
      name: 'silence',
      expression: '* * * * *',
      perform: () => Promise.all(context.connections.list().map((connection) => watchSilence(context, connection))),
    },
    { name: 'resend-alerts', expression: '*/30 * * * * *', perform: () => _ports.resendAlerts() },
  ];
}
