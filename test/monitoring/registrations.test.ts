import assert from 'node:assert/strict';
import type { Alert } from '../../src/domain/alert.ts';
import { scheduledJobs } from '../../src/jobs/scheduled-jobs.ts';
import { connectionHealth } from '../../src/monitoring/health/connection-health.ts';
import type { SaveSecret } from '../../src/platforms/contract/management.ts';
import { ordergroove } from '../../src/platforms/ordergroove/index.ts';
import { alertKey, upsertAlert } from '../../src/store/monitoring/alerts.ts';
import { createPlatformContext, type PlatformContext } from '../conformance/platform-context.ts';
import { verb, wanted } from '../platforms/management-support.ts';
import { testOnEngines } from '../support/engines.ts';

const storeOpenAlert = ({ context }: PlatformContext, connection: string) =>
  context.db.write((sql) =>
    upsertAlert(sql, {
      ...{ key: alertKey('webhook_disabled', connection), level: 'critical', code: 'webhook_disabled', text: '', connection, details: {} },
      ...{ openedAt: '2026-03-01T08:00:00.000Z', lastSentAt: null, closedAt: null, count: 1 },
      ...{ acknowledgedAt: null, acknowledgedBy: null, mutedUntil: null },
    }),
  );

const PUBLIC_URL = 'https://dock.example/';

testOnEngines('a webhook that the platform has disabled is an alert with the command that fixes it', async (t, engine) => {
  const place = await createPlatformContext(engine, ordergroove);
  t.after(() => place.close());
  const { connection } = place;
  const alerts: Alert[] = [];
  const closed: string[] = [];
  const context = {
    ...place.context,
    random: () => 0,
    alerts: { open: (alert: Alert) => void alerts.push(alert), update: () => {}, close: (code: string) => void closed.push(code) },
  };
  const jobs = scheduledJobs(context, {
    ...{
      alerts: { resend: async () => {} },
      invariants: { check: async () => ({}) as never, last: () => null as never },
      retentionDays: 90,
    },
    ...{ publicUrl: PUBLIC_URL, stop: new AbortController().signal },
  });
  const job = jobs.find(({ name }) => name === 'registrations');
  assert.ok(job?.atStart);
  const save: SaveSecret = async () => {};
  const api = ordergroove.connect(connection.settings, place.context.remote.forConnection(connection.name), save);

  await job.perform();
  assert.deepEqual(
    alerts.map(({ code, level, text }) => [code, level, /orderdock webhooks register/.test(text)]),
    [['webhook_disabled', 'warning', true]],
  );

  const [registered] = await verb(api, 'register')(wanted(`https://dock.example/webhooks/${connection.name}`));
  await job.perform();
  assert.deepEqual([alerts.length, closed], [1, ['webhook_disabled']]);

  await verb(api, 'disable')(registered?.id ?? '');
  await job.perform();
  assert.equal(alerts[1]?.level, 'critical');
  assert.ok(alerts[1]?.text.includes(`orderdock webhooks enable ${connection.name} ${registered?.id}`), alerts[1]?.text);
  // While it lasts it is checked more often, and ends soon after it has been fixed.
  const often = jobs.find(({ name }) => name === 'missing-registrations');
  await often?.perform();
  assert.equal(alerts.length, 2, 'only what is open is asked about');
  await storeOpenAlert(place, connection.name);
  await often?.perform();
  assert.equal(alerts.length, 3);
  const health = await connectionHealth(context, connection);
  assert.deepEqual(
    health.registrations?.registered.map(({ id, enabled, statistics }) => [id, enabled, statistics?.failed]),
    [[registered?.id, false, 0]],
  );
});
