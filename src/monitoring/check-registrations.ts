import type { Context } from '../context.ts';
import { RemoteFailure } from '../domain/errors.ts';
import type { RegisteredWebhook } from '../domain/registered-webhook.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { upsertRegistrations } from '../store/monitoring/registrations.ts';
import { compareRegistrations, type Difference } from './compare-registrations.ts';

export interface CheckedRegistrations {
  registered: readonly RegisteredWebhook[];
  differences: readonly Difference[];
}

/**
 * Reads the webhooks registered at the platform, stores them, and compares them with what is expected. Null if the platform has no API for
 * that. Throws `RemoteFailure`.
 */
export async function readRegistered(
  context: Context,
  connection: Connection,
  publicUrl: string | null,
): Promise<CheckedRegistrations | null> {
  const management = context.api(connection)?.webhooks;
  if (!management?.list) return null;
  const registered = await management.list();
  const checkedAt = context.clock.now().toISOString();
  await context.db.write((sql) => upsertRegistrations(sql, connection.name, { checkedAt, registered }));
  const url = publicUrl === null ? null : `${publicUrl.replace(/\/+$/, '')}/webhooks/${connection.name}`;
  return { registered, differences: compareRegistrations(connection, registered, url, { enable: management.enable !== undefined }) };
}

/** Alerts when no deliveries can arrive: our webhook is disabled at the platform, or not registered there. */
export async function checkRegistrations(context: Context, connection: Connection, publicUrl: string | null): Promise<void> {
  const { name, platform } = connection;
  try {
    const checked = await readRegistered(context, connection, publicUrl);
    if (checked === null) return;
    // Without PUBLIC_URL, nothing says yet that the platform should call this installation.
    const silent = checked.differences.filter(({ kind }) => kind === 'disabled' || (kind === 'missing' && publicUrl !== null));
    const [first] = silent;
    if (!first)
      return context.alerts.close('webhook_disabled', name, `${name}: the webhook is registered and enabled at ${platform.title}.`);
    const commands = silent.flatMap(({ command }) => command ?? []);
    context.alerts.open({
      level: first.kind === 'disabled' ? 'critical' : 'warning',
      code: 'webhook_disabled',
      connection: name,
      text: `${name}: ${platform.title} does not call us. ${silent.map(({ text }) => text).join(' ')} To fix this: ${commands.join('; ')}`,
      details: { commands: commands.join('; ') },
    });
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    context.log.warn('registrations_not_read', { connection: name, error: error.message });
  }
}
