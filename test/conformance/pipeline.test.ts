import assert from 'node:assert/strict';
import { type EntityReport, subjectText } from '../../src/domain/entities/entity.ts';
import { canonicalText, type Json } from '../../src/domain/values/json.ts';
import type { OutgoingWebhook } from '../../src/platforms/contract/simulation.ts';
import { createReconciler } from '../../src/reconciliation/reconciler.ts';
import { listEntities, readEntityByExternalId } from '../../src/store/entities/list.ts';
import { readLines } from '../../src/store/entities/list-lines.ts';
import { type PlatformContext, reportsOf, testOnPlatforms } from './platform-context.ts';

const text = (value: unknown): string => canonicalText((value ?? null) as Json);

/** Every event type once, then the platform's own history in its own forms; each webhook is sent twice. */
async function tellEverything(platform: PlatformContext): Promise<Map<string, OutgoingWebhook>> {
  const sent = new Map<string, OutgoingWebhook>();
  const tellings: { eventType: string; form?: string }[] = platform.world.platform.events.map(({ type }) => ({ eventType: type }));
  for (const { eventType, form } of [...tellings, ...platform.world.simulation.history]) {
    for (const { webhook, answer } of await platform.happen(eventType, form)) {
      assert.ok(answer.status !== 'greeting');
      if (webhook.method === 'POST') assert.equal(answer.status, 'accepted', webhook.eventType);
      assert.deepEqual(await platform.send(webhook), { status: 'duplicate', deliveryId: answer.deliveryId }, webhook.eventType);
      sent.set(answer.deliveryId, webhook);
    }
    await platform.settle();
  }
  return sent;
}

interface Ended {
  id: string;
  state: string;
  error: string | null;
  attempts: string;
}

const deliveriesOf = ({ context }: PlatformContext): Promise<Ended[]> =>
  context.db.read.all<Ended>('select id, state, error, attempts from deliveries order by seq');

/** What is stored equals what exists: header, every line, nothing missing and nothing extra. */
async function assertHeld({ context, connection }: PlatformContext, reports: readonly EntityReport[]): Promise<void> {
  const { read } = context.db;
  for (const report of reports) {
    const { kind, externalId } = report;
    const title = `${kind}:${externalId}`;
    const held = await readEntityByExternalId(read, connection.name, kind, externalId);
    assert.ok(held, `${title} is held`);
    assert.equal(held.deletedAt !== null, report.deleted, `${title} is alive at both, or at neither`);
    if (report.deleted) continue;
    assert.equal(text(held.header), text(report.header), title);
    assert.ok((held.lastUpdatedAt ?? '') <= (report.lastUpdatedAt ?? ''), `${title} is not newer than it is there`);
    const lines = (await readLines(read, [held.id], false)).filter((line) => line.removedAt === null);
    const there = report.lines.filter((line) => !line.removed);
    const byId = (one: { externalId: string }, two: { externalId: string }) => (one.externalId < two.externalId ? -1 : 1);
    assert.deepEqual(
      lines.sort(byId).map((line) => [line.externalId, text(line.content)]),
      [...there].sort(byId).map((line) => [line.externalId, text(line.content)]),
      title,
    );
  }
}

async function assertNothingLeftOver({ context }: PlatformContext, reports: readonly EntityReport[]): Promise<void> {
  const known = new Set(reports.map(subjectText));
  const all = await listEntities(context.db.read, NO_FILTER, { after: 0, limit: 10_000, withSource: false });
  const leftOver = all.filter((one) => one.deletedAt === null && !known.has(subjectText(one)));
  assert.deepEqual(leftOver.map(subjectText), [], 'nothing is held that is gone there');
}

const NO_FILTER = { ids: null, kinds: [], connection: null, status: null, number: null, updatedAfter: null };

async function assertVersionsWhole({ context }: PlatformContext): Promise<void> {
  const rows = await context.db.read.all<{ version: number | string; changes: number | string }>(
    'select e.version, (select count(*) from changes c where c.entity_id = e.id) as changes from entities e',
  );
  for (const { version, changes } of rows) assert.equal(Number(changes), Number(version), 'each version has its entry in the feed');
}

/** One run over everything that the platform can list; false if it has no API. */
async function reconcile({ context, connection, clock }: PlatformContext): Promise<boolean> {
  if (context.api(connection) === null) return false;
  const reconciler = createReconciler(context, { wait: async (ms) => clock.advance(ms) });
  const { runId, ended } = await reconciler.reconcile(connection, 'demand');
  await ended;
  await reconciler.stop();
  const [run] = await context.db.read.all<{ state: string; error: string | null }>('select state, error from reconcile_runs where id = ?', [
    runId,
  ]);
  assert.equal(run?.state, 'done', run?.error ?? '');
  return true;
}

/** A resource that was deleted before it could be fetched: a documented `ignored`. */
const wasGone = ({ error, state }: Ended, webhook: OutgoingWebhook | undefined, there: ReadonlySet<string>): boolean =>
  state === 'ignored' && /does not know the resource/.test(error ?? '') && !there.has(webhook?.subject ? subjectText(webhook.subject) : '');

testOnPlatforms('every event ends as described, and the store contains what the platform contains', async (running, platform) => {
  const sent = await tellEverything(running);
  const reports = reportsOf(running);
  const there = new Set(reports.map(subjectText));
  const ignored = new Set(platform.events.filter(({ effect }) => effect === 'ignore').map(({ type }) => type));
  for (const delivery of await deliveriesOf(running)) {
    const webhook = sent.get(delivery.id);
    if (wasGone(delivery, webhook, there)) continue;
    const state = ignored.has(webhook?.eventType ?? '') ? 'ignored' : 'done';
    assert.equal(delivery.state, state, `${webhook?.eventType}: ${delivery.error} ${delivery.attempts}`);
  }
  const announced = new Set([...sent.values()].map(({ subject }) => subject && subjectText(subject)));
  assert.ok(announced.size > 1);
  await assertHeld(
    running,
    reports.filter((report) => announced.has(subjectText(report))),
  );
  await assertNothingLeftOver(running, reports);
  await assertVersionsWhole(running);
  if (await reconcile(running)) await assertHeld(running, reports);
});

testOnPlatforms('if every webhook is lost, one reconcile run recovers everything that can be listed', async (running, platform) => {
  for (const { eventType, form } of running.world.simulation.history) {
    running.clock.advance(1000);
    running.world.trigger({ connection: running.connection.name, eventType, form, at: running.clock.now().toISOString() });
  }
  if (!(await reconcile(running)))
    return assert.equal(platform.connect(running.connection.settings, running.context.remote.forConnection('none')), null);
  const reports = reportsOf(running);
  await assertHeld(running, reports);
  await assertNothingLeftOver(running, reports);
  await assertVersionsWhole(running);
});

testOnPlatforms('an unknown event is accepted, never dead, and recorded as drift', async (running) => {
  await running.happen('conformance.unknown');
  await running.settle();
  const [delivery, ...more] = await deliveriesOf(running);
  assert.equal(more.length, 0);
  assert.ok(['ignored', 'done'].includes(delivery?.state ?? ''), `${delivery?.state}: ${delivery?.error}`);
  const noted = await running.context.db.read.all<{ name: string }>("select name from drift where kind = 'event'");
  assert.deepEqual(noted, [{ name: 'conformance.unknown' }]);
});
