import assert from 'node:assert/strict';
import test from 'node:test';
import { ordermentum } from '../../src/platforms/ordermentum/index.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { compareWithWorlds } from '../../src/sandbox/demo/compare.ts';
import { startSimulators } from '../../src/sandbox/simulators.ts';
import { openDatabase } from '../../src/store/engine/database.ts';
import { onStage, type Stage } from '../reconciliation/stage.ts';
import { createTestDatabase, testOnEngines } from '../support/engines.ts';
import { until } from '../support/until.ts';

interface RunShown {
  id: string;
  trigger: string;
  state: string;
  counts: { seen: number; applied: number; gaps: number };
  gaps: { kind: string; externalId: string; cause: string; details?: { status?: number } }[];
}
interface SpanShown {
  from: string | null;
  to: string | null;
  state: string;
  reason: string | null;
}

const runs = async ({ client }: Stage) => (await client.get<{ data: RunShown[] }>('/api/v1/reconcile-runs')).data;
const coverage = async ({ client, world }: Stage) =>
  (await client.get<{ data: SpanShown[] }>(`/api/v1/connections/${world.connection}/coverage`)).data;

async function finished(stage: Stage, count: number): Promise<RunShown> {
  const [newest] = await until(
    `${count} runs are done`,
    async () => (await runs(stage)).filter((run) => run.state === 'done'),
    (done) => done.length >= count,
  );
  return stage.client.get(`/api/v1/reconcile-runs/${newest?.id}`);
}

const YEARLY = '0 0 1 1 *';

test('what happened during a downtime is recovered by the run of the next start, with the cause stopped, and is proven then', () =>
  onStage(
    tradecloud,
    async (stage) => {
      const { world } = stage;
      await finished(stage, 1);
      await stage.stop();
      const stood = new Date().toISOString();
      world.trigger({ connection: world.connection, eventType: 'OrderIssuedByBuyer', at: stood });
      await stage.start();
      const run = await finished(stage, 2);
      assert.equal(run.trigger, 'start');
      assert.deepEqual(
        run.gaps.map((gap) => gap.cause),
        ['stopped'],
      );
      const [proven, open, ...rest] = await coverage(stage);
      assert.deepEqual([proven?.state, open?.state, open?.to, rest.length], ['proven', 'open', null, 0]);
      assert.ok((proven?.to ?? '') > stood);
    },
    { schedule: YEARLY },
  ));

test('rows that move from page to page while they are read are not missed', () =>
  onStage(tradecloud, async (stage) => {
    const { world, beforeAnswer } = stage;
    const happen = (eventType: string, ms: number) =>
      world.trigger({ connection: world.connection, eventType, at: new Date(Date.now() - 600_000 + ms).toISOString() });
    for (let n = 0; n < 230; n++) happen('OrderIssuedByBuyer', n * 100);
    let polls = 0;
    beforeAnswer.call = ({ path }) => {
      if (path !== '/order-search/poll') return;
      polls += 1;
      if (polls > 1) for (let n = 0; n < 5; n++) happen('OrderLinesReissuedByBuyer', 100_000 + polls * 1000 + n);
    };
    const run = await stage.reconcile();
    delete beforeAnswer.call;
    assert.equal(run.state, 'done');
    assert.ok(polls >= 3);
    const { differences } = await compareWithWorlds(stage.client, [world]);
    assert.deepEqual(differences, []);
  }));

test('a webhook with wrong credentials is the cause of its gap, with status and time', () =>
  onStage(tradecloud, async (stage) => {
    const { world } = stage;
    await stage.reconcile();
    const at = new Date().toISOString();
    const [webhook] = world.trigger({ connection: world.connection, eventType: 'OrderIssuedByBuyer', at });
    assert.ok(webhook);
    assert.equal(await stage.deliver({ ...webhook, headers: { ...webhook.headers, authorization: 'Basic d3Jvbmc6d3Jvbmc=' } }), 401);
    const answers = async () =>
      (await stage.client.get<{ answers: Record<string, number> }>(`/api/v1/connections/${world.connection}`)).answers;
    await until('the answer is counted', answers, (counted) => '401' in counted);
    // Anyone may have sent it.
    assert.deepEqual(
      (await coverage(stage)).map((span) => [span.state, span.reason]),
      [
        ['proven', null],
        ['open', null],
      ],
    );
    const { causes } = await stage.reconcile();
    assert.deepEqual(causes, ['rejected']);
  }));

const WRONG = { 'content-type': 'application/json', authorization: `Basic ${Buffer.from('guessed:guessed').toString('base64')}` };

test('an alert is posted to its webhook once, and its end too', async () => {
  const posted: { code: string; level: string; text: string; connection: string; details: { closed?: boolean } }[] = [];
  const channel = await startSimulators(0);
  channel.host('alerts', ({ body }) => {
    posted.push(JSON.parse(body));
    return { status: 200, body: '' };
  });
  const work = async (stage: Stage) => {
    const { world } = stage;
    const [webhook] = world.trigger({ connection: world.connection, eventType: 'order_created', at: new Date().toISOString() });
    assert.ok(webhook);
    assert.equal(await stage.deliver({ ...webhook, headers: WRONG }), 401);
    const unreadable = { ...webhook, headers: { ...webhook.headers, 'content-type': 'text/csv' } };
    for (let n = 0; n < 3; n++) assert.equal(await stage.deliver(unreadable), 415);
    await until(
      'the failure budget is used up',
      () => posted,
      (alerts) => alerts.some(({ code, level }) => code === 'failure_budget' && level === 'critical'),
    );
    assert.equal(await stage.deliver(webhook), 202);
    await until(
      'its end is posted',
      () => posted,
      (alerts) => alerts.some(({ details }) => details.closed),
    );
    assert.ok(posted.every(({ connection }) => connection === world.connection));
    assert.equal(posted.filter(({ code }) => code === 'webhooks_rejected').length, 1);
    const budget = posted.filter(({ code }) => code === 'failure_budget');
    // Counted between two rejections, it is sent because it got worse.
    assert.ok(budget.length <= 3);
    assert.equal(budget.at(-1)?.details.closed, true);
    assert.match(budget[0]?.text ?? '', /Ordermentum's limit of failed deliveries/);
  };
  try {
    await onStage(ordermentum, work, { env: { ALERT_WEBHOOK_URL: `${channel.origin}/alerts/hook` } });
  } finally {
    await channel.stop();
  }
});

test('an alert receiver that asks for a pause is not called during it; the alerts are listed all the same', async () => {
  let calls = 0;
  const channel = await startSimulators(0);
  channel.host('alerts', () => {
    calls += 1;
    return { status: 429, headers: { 'retry-after': '31536000' }, body: '' };
  });
  const work = async (stage: Stage) => {
    const [webhook] = stage.world.trigger({ connection: stage.world.connection, eventType: 'order_created', at: new Date().toISOString() });
    assert.ok(webhook);
    const listed = async () => (await stage.client.get<{ data: { code: string; count: number }[] }>('/api/v1/alerts')).data;
    await stage.deliver({ ...webhook, headers: WRONG });
    await until(
      'the first message is rejected',
      () => calls,
      (number) => number === 1,
    );
    for (const body of ['{', '[']) assert.equal(await stage.deliver({ ...webhook, body }), 400);
    await until('both are listed', listed, (alerts) =>
      ['webhooks_rejected', 'delivery_dead'].every((code) => alerts.some((one) => one.code === code)),
    );
  };
  try {
    await onStage(ordermentum, work, { env: { ALERT_WEBHOOK_URL: `${channel.origin}/alerts/hook` } });
  } finally {
    await channel.stop();
  }
  assert.equal(calls, 1);
});

testOnEngines('alerts that an earlier process left open end at the start, when their cause is gone', async (t, engine) => {
  const { url, drop } = await createTestDatabase(engine);
  t.after(drop);
  const work = async (stage: Stage) => {
    const listed = async (state: string) =>
      (await stage.client.get<{ data: { code: string }[] }>(`/api/v1/alerts?state=${state}`)).data.map(({ code }) => code).sort();
    await stage.stop();
    const db = await openDatabase(url);
    await db.write((sql) =>
      sql.all(
        `insert into alerts (key, code, level, connection, text, details, opened_at, count) values
           ('working_paused ', 'working_paused', 'critical', null, 'paused', '{}', '2026-03-01T08:00:00.000Z', 1),
           ('storage_unavailable ', 'storage_unavailable', 'critical', null, 'gone', '{}', '2026-03-01T08:00:00.000Z', 1)`,
      ),
    );
    await db.close();
    await stage.start();
    const both = ['storage_unavailable', 'working_paused'];
    await until(
      'both are resolved',
      () => listed('resolved'),
      (codes) => both.every((code) => codes.includes(code)),
    );
    assert.deepEqual(await listed('open'), []);
  };
  await onStage(ordermentum, work, { env: { DATABASE_URL: url } });
});
