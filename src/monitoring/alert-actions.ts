import type { Context } from '../context.ts';
import { Refused } from '../domain/errors.ts';
import { acknowledgeAlert, muteAlert } from '../store/monitoring/alerts.ts';
import type { AlertRow } from '../store/monitoring/list-alerts.ts';

type AlertContext = Pick<Context, 'db' | 'clock'>;

const resolved = () => new Refused(409, 'alert_resolved', 'This alert has been resolved.');

/** Notes that somebody takes care of an open alert: it is not repeated any more, unless it gets worse. */
export async function acknowledge(context: AlertContext, { key }: AlertRow, by: string): Promise<void> {
  const at = context.clock.now().toISOString();
  if (!(await context.db.write((sql) => acknowledgeAlert(sql, key, { by, at })))) throw resolved();
}

/** Keeps an open alert's messages back until a time (ISO 8601); null: no longer. It stays muted when it resolves and opens again. */
export async function mute(context: AlertContext, { key }: AlertRow, until: string | null): Promise<void> {
  if (!(await context.db.write((sql) => muteAlert(sql, key, until)))) throw resolved();
}
