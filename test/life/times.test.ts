import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { alive, type Body, connectionsYaml, type Life } from './support.ts';
import { eventJson, lineJson, orderId, orderJson } from './tradecloud.ts';

const SECRET = 'c3RhbmRhcmQtdGVzdC1zZWNyZXQtMjQtYnl0ZXM=';
const GROOVE_KEY = 'groove-verification-key-1';
const MORE = `
  plain:
    platform: standard
    webhook: { signature: { scheme: standard-webhooks, secret: whsec_${SECRET} } }
    entity: { kind: order, id: /data/id, updatedAt: /data/at, status: /data/state }
  subs:
    platform: ordergroove
    webhook: { verificationKey: ["${GROOVE_KEY}"], toleranceSeconds: 300 }`;

const openLife = (life: Life) => life.app.reload(life.connections(connectionsYaml(`${life.far.simulators.origin}/tc`, MORE)));
const seconds = (): string => String(Math.floor(Date.now() / 1000));

async function taken(life: Life, hook: Parameters<Life['hook']>[0]): Promise<Body> {
  const answer = await life.hook({ path: '', ...hook });
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  return life.ended(answer.body.deliveryId);
}

let messages = 0;
/** Reports the state of an order as of `at`, which is JSON as the sender wrote it. */
function tell(life: Life, order: string, state: string, at: string | null): Promise<Body> {
  const id = `m${++messages}`;
  const body = `{"type":"order.updated","data":{"id":"${order}","state":"${state}"${at === null ? '' : `,"at":${at}`}}}`;
  const ts = seconds();
  const signature = createHmac('sha256', Buffer.from(SECRET, 'base64')).update(`${id}.${ts}.${body}`).digest('base64');
  const headers = { Authorization: '', 'webhook-id': id, 'webhook-timestamp': ts, 'webhook-signature': `v1,${signature}` };
  return taken(life, { connection: 'plain', headers, body });
}

const stateOf = async (life: Life, order: string): Promise<string> => (await life.get(`/orders/by-external/plain/${order}`)).status;
const driftOf = async (life: Life, name: string): Promise<Body[]> =>
  (await life.get('/drift?limit=1000')).data.filter((row: Body) => row.name === name);
const alertOf = (life: Life, code: string): Promise<Body> =>
  life.until(
    `the alert ${code} is open`,
    async () => (await life.get('/alerts')).data.find((row: Body) => row.code === code),
    (row) => row !== undefined,
  );

const OLDER_AND_NEWER: readonly (readonly [older: string, newer: string])[] = [
  ['"2026-01-01T10:00:00Z"', '"2026-01-01T10:00:00.100+00"'],
  ['"2026-01-01 10:00:00.249999Z"', '"2026-01-01T10:00:00,250Z"'],
  ['"2026-01-01T10:00:00.1230001Z"', '"2026-01-01T10:00:00.1230002Z"'],
  ['1767261600.122', '"1767261600.123"'],
  ['1767261600122999', '1767261600123000000'],
  ['"2026-01-01T11:00:00+0100"', '"Thu, 01 Jan 2026 10:00:01 GMT"'],
];

alive('whatever the format of its time, an older event never replaces a newer one', async (life) => {
  await openLife(life);
  for (const [position, [older, newer]] of OLDER_AND_NEWER.entries()) {
    await tell(life, `A${position}`, 'newer', newer);
    await tell(life, `A${position}`, 'older', older);
    assert.equal(await stateOf(life, `A${position}`), 'newer', `${older} came after ${newer}`);
    await tell(life, `B${position}`, 'older', older);
    await tell(life, `B${position}`, 'newer', newer);
    assert.equal(await stateOf(life, `B${position}`), 'newer', `${newer} came after ${older}`);
  }
  assert.deepEqual(await driftOf(life, 'unreadable_time'), []);
});

alive('an unreadable time creates, replaces nothing that has a time, and is reported', async (life) => {
  await openLife(life);
  await tell(life, 'U1', 'unknown', '"some time ago"');
  assert.equal(await stateOf(life, 'U1'), 'unknown');
  await tell(life, 'U1', 'known', '"2026-01-01T10:00:00Z"');
  await tell(life, 'U1', 'late', '"32/13/2026"');
  assert.equal(await stateOf(life, 'U1'), 'known');
  await tell(life, 'U1', 'untold', null);
  assert.equal(await stateOf(life, 'U1'), 'untold', 'a time that is not told leaves the order of arrival');
  const [row] = await driftOf(life, 'unreadable_time');
  assert.deepEqual([row.connection, row.kind, row.path, row.count], ['plain', 'value', '/lastUpdatedAt', 2]);
  assert.equal((await alertOf(life, 'unreadable_time')).connection, 'plain');
});

alive('an event dated in the far future does not block later ones: it is compared by its arrival', async (life) => {
  await openLife(life);
  await tell(life, 'F1', 'future', '"2099-01-01T00:00:00Z"');
  assert.equal((await life.get('/orders/by-external/plain/F1')).lastUpdatedAt, '2099-01-01T00:00:00.000Z');
  await tell(life, 'F1', 'late', '"2026-01-01T10:00:00Z"');
  assert.equal(await stateOf(life, 'F1'), 'future', 'what is older than its arrival is stale');
  const soon = new Date(Date.now() + 60_000).toISOString();
  await tell(life, 'F1', 'now', `"${soon}"`);
  const order = await life.get('/orders/by-external/plain/F1');
  assert.deepEqual([order.status, order.lastUpdatedAt], ['now', soon]);
  assert.equal((await driftOf(life, 'future_time'))[0].path, '/lastUpdatedAt');
  assert.equal((await alertOf(life, 'future_time')).connection, 'plain');
});

alive('if the platform has an API, an event with an unreadable time is fetched instead', async (life) => {
  const at = '2026-04-03T10:00:00.000Z';
  const order = (when: string, quantity: string) => ({
    number: 'PT1',
    at: when,
    lines: [lineJson('PT1', { position: '0001', at: when, quantity })],
  });
  await life.order(eventJson({ ...order(at, '10'), messageId: 't-1' }));
  life.far.orders.set(orderId('PT1'), orderJson(order('2026-04-03T12:00:00.000Z', '30')));
  const ended = await life.order(eventJson({ ...order('03.04.26 um elf', '20'), messageId: 't-2' }));
  assert.equal(ended.state, 'done');
  assert.ok(life.far.calls.some((call) => call.startsWith('GET /order/')));
  const held = await life.get(`/orders/by-external/acme/${encodeURIComponent(orderId('PT1'))}`);
  assert.deepEqual([held.lines[0].quantity, held.version], ['30', 2]);
  assert.equal((await driftOf(life, 'unreadable_time')).length, 2, 'the order and its line');
});

alive('two changes of a subscription within one second that differ outside the canonical header are both changes', async (life) => {
  await openLife(life);
  const change = (id: string, more: object) => {
    const object = { public_id: 'sub-1', customer: 'c-1', merchant: 'm-1', updated: 1767261600, live: true, frequency_days: 30, ...more };
    const body = JSON.stringify({ id, type: 'subscription.change_frequency', created: 1767261600, data: { object } });
    const ts = seconds();
    const signature = createHmac('sha256', GROOVE_KEY).update(`${ts}.${body}`).digest('hex');
    return taken(life, { connection: 'subs', headers: { Authorization: '', 'Ordergroove-Signature': `ts=${ts},sig=${signature}` }, body });
  };
  await change('e-1', {});
  await change('e-2', { frequency_days: 60 });
  await change('e-3', { frequency_days: 60, reminder_days: 5 });
  await change('e-4', { frequency_days: 60, reminder_days: 5 });
  const record = await life.get('/records/by-external/subs/subscription/sub-1?include=source');
  assert.deepEqual([record.version, record.source.frequency_days, record.source.reminder_days], [3, 60, 5]);
  assert.deepEqual(
    (await life.feed()).slice(1).map(({ diff }) => diff.map(({ path }: Body) => path)),
    [['/source/frequency_days'], ['/source/reminder_days']],
  );
});
