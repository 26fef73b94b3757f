import assert from 'node:assert/strict';
import test from 'node:test';
import { InvalidBody } from '../../src/domain/errors.ts';
import type { OutgoingWebhook } from '../../src/platforms/contract/simulation.ts';
import { ordergroove } from '../../src/platforms/ordergroove/index.ts';
import { verdictOn } from '../support/incoming.ts';
import { arrived, event, gatekeeper, inbound, KEYS, settingsWith, simulation, withApi } from './ordergroove-support.ts';

const body =
  '{"id":"evt-9f31c2","type":"order.success","created":1767261600,"data":{"object":{"type":"order","public_id":"ord-77aa01","total":"48.10","note":"Zürich ☕"}}}';
// Computed with another implementation of HMAC-SHA256 over `1767261605.` and the body.
const FIRST = '948554165f14dcce7e37c69af6bf383177acc11d62d8b9b03b31b9a2297a41ae';
const SECOND = 'd81799af54f83ad9be354c51bc43e6bc063c945fc8b80583e82dc798a72d1696';
const TS = 1767261605;

const verdict = (header: string | undefined, options: { webhook?: object; now?: Date; body?: string | Buffer } = {}) =>
  verdictOn(
    ordergroove,
    inbound(options.body ?? body, header === undefined ? {} : { 'ordergroove-signature': header }),
    settingsWith({}, options.webhook),
    { ...gatekeeper, now: options.now ?? new Date(TS * 1000) },
  );
const accepted = async (...args: Parameters<typeof verdict>) => (await verdict(...args)).accepted;

test('a signature with any of the keys is accepted, and the result names the key', async () => {
  assert.deepEqual(await verdict(`ts=${TS},sig=${FIRST}`), { accepted: true, credential: 'verificationKey[0]' });
  assert.deepEqual(await verdict(`ts=${TS},sig=${SECOND}`), { accepted: true, credential: 'verificationKey[1]' });
});

test('during a rotation either of two signatures is accepted, in any order', async () => {
  for (const verificationKey of KEYS) {
    assert.equal(await accepted(`ts=${TS},sig=${FIRST},sig=${SECOND}`, { webhook: { verificationKey } }), true);
    assert.equal(await accepted(`ts=${TS},sig=${SECOND},sig=${FIRST}`, { webhook: { verificationKey } }), true);
  }
  assert.equal(await accepted(`ts=${TS},sig=${FIRST},sig=${SECOND}`, { webhook: { verificationKey: 'a third key' } }), false);
});

test('a header that violates the grammar is rejected', async () => {
  const malformed = [
    '',
    FIRST,
    `sig=${FIRST}`,
    `sig=${FIRST},sig=${SECOND}`,
    `ts=${TS}`,
    `ts=${TS},sig=`,
    `ts=${TS},sig=${FIRST.slice(1)}`,
    `ts=${TS},sig=${FIRST}0`,
    `ts=${TS},ts=${TS},sig=${FIRST}`,
    `ts=${TS},sig=${FIRST},v=1`,
    `ts=${TS}, sig=${FIRST}`,
    `ts=${TS}.5,sig=${FIRST}`,
    `ts=-${TS},sig=${FIRST}`,
    `ts=,sig=${FIRST}`,
    `sig=${FIRST},ts=${TS}`,
    `ts=${TS},sig=${FIRST}, ts=${TS},sig=${FIRST}`,
  ];
  for (const header of malformed) assert.equal(await accepted(header), false, header);
  assert.equal(await accepted(undefined), false);
});

test('other bytes, another time or a signature of zeros are rejected', async () => {
  assert.equal(await accepted(`ts=${TS},sig=${FIRST}`, { body: body.replace('48.10', '48.1') }), false);
  assert.equal(await accepted(`ts=${TS},sig=${FIRST}`, { body: JSON.stringify(JSON.parse(body), null, 1) }), false);
  assert.equal(await accepted(`ts=${TS + 1},sig=${FIRST}`), false);
  assert.equal(await accepted(`ts=${TS},sig=${'0'.repeat(64)}`), false);
});

test('the time may differ by the tolerance in both directions, and the tolerance has no upper bound', async () => {
  const at = (seconds: number) => ({ now: new Date((TS + seconds) * 1000) });
  for (const seconds of [-300, 300]) assert.equal(await accepted(`ts=${TS},sig=${FIRST}`, at(seconds)), true);
  for (const seconds of [-301, 301]) assert.equal(await accepted(`ts=${TS},sig=${FIRST}`, at(seconds)), false);
  const wide = { webhook: { toleranceSeconds: 400_000_000 } };
  assert.equal(await accepted(`ts=${TS},sig=${FIRST}`, { ...at(300_000_000), ...wide }), true);
  assert.equal(await accepted(`ts=${TS},sig=${FIRST}`, { ...at(31), webhook: { toleranceSeconds: 30 } }), false);
});

test('settings without a verification key, with an empty one or with unknown members are invalid', () => {
  for (const faulty of [
    { webhook: {} },
    { webhook: { verificationKey: '' } },
    { webhook: { verificationKey: [] } },
    { webhook: { verificationKey: 'k' }, management: { apiKey: 'k' } },
    { webhook: { verificationKey: 'k', secret: 's' } },
  ]) {
    assert.equal(ordergroove.settings.safeParse(faulty).success, false);
  }
});

test('an event is identified by its body id alone, whatever the signature header says', () => {
  const first = ordergroove.identify(inbound(body, { 'ordergroove-signature': `ts=${TS},sig=${FIRST}` }), settingsWith());
  const repeated = ordergroove.identify(inbound(body, { 'ordergroove-signature': `ts=${TS + 60},sig=${SECOND}` }), settingsWith());
  assert.deepEqual(first, repeated);
  assert.equal(first.dedupeKey, 'evt-9f31c2');
  assert.deepEqual(first.subject, { kind: 'order', externalId: 'ord-77aa01' });
});

test('order and item events are notifications if there is an API to fetch from, a deletion is not', () => {
  const identify = (type: string) => {
    const sent = inbound(JSON.stringify(event(type, { public_id: 'p', order: 'o', merchant_user_id: 'm' })));
    return [ordergroove.identify(sent, settingsWith()).notification, ordergroove.identify(sent, withApi()).notification];
  };
  assert.deepEqual(identify('order.create'), [false, true]);
  assert.deepEqual(identify('item.change_quantity'), [false, true]);
  assert.deepEqual(identify('order.delete'), [false, false]);
  assert.deepEqual(identify('subscription.create'), [false, false]);
});

test('a body that is not an event of the platform is invalid', () => {
  for (const broken of [
    '',
    'null',
    '[]',
    '"text"',
    '{',
    '{}',
    '{"type":""}',
    '<xml/>',
    '{"type":"order.create","data":{"object":{}}}',
    '{"type":"item.create"}',
  ]) {
    assert.throws(() => ordergroove.identify(inbound(broken), settingsWith()), InvalidBody, broken);
  }
});

test('an unknown event type is ignored and recorded, never rejected', () => {
  const unknown = event('order.teleported', { public_id: 'o-1' });
  assert.equal(ordergroove.identify(inbound(JSON.stringify(unknown)), settingsWith()).eventType, 'order.teleported');
  const interpretation = ordergroove.interpret(arrived(unknown), withApi());
  assert.equal(interpretation.do, 'ignore');
  assert.deepEqual(interpretation.drift, [{ kind: 'event', name: 'order.teleported', path: '/type' }]);
});

test('45 event types and one alias are described, each once', () => {
  const types = ordergroove.events.map(({ type }) => type);
  assert.equal(types.length, 46);
  assert.equal(new Set(types).size, 46);
  assert.ok(types.includes('subscription.create') && types.includes('subscription.created'));
});

test('context and snapshot are read beside data, inside data and inside the object, and are not part of the object', () => {
  const object = { public_id: 'o-1', status: 5, status_display: 'Success', total: '20.50' };
  const context = { actor: { type: 'apikey', api_key: { public_id: 'k', name: 'erp' } } };
  const snapshot = {
    items: [
      { public_id: 'i-1', order: 'o-1', product: 'OAT', quantity: 2, price: '7.75' },
      { public_id: 'i-2', order: 'o-2' },
    ],
  };
  const places = [
    event('order.success', object, { context, snapshot }),
    { ...event('order.success', object), data: { object, context, snapshot } },
    event('order.success', { ...object, context, snapshot }),
    { ...event('order.success', object, { context, snapshot: {} }), data: { object, snapshot } },
  ];
  const read = places.map((place) => ordergroove.interpret(arrived(place), settingsWith()));
  for (const interpretation of read) {
    assert.deepEqual(interpretation, read[0]);
    assert.ok(interpretation.do === 'apply');
    const [report] = interpretation.reports;
    assert.deepEqual(report?.source, object);
    assert.deepEqual(
      report?.lines.map(({ externalId, content }) => [externalId, content.quantity, content.price?.net]),
      [['i-1', '2', '7.75']],
    );
    assert.deepEqual(interpretation.drift, []);
  }
});

test('without an API an item event changes one line of its order, and a removal deletes it', () => {
  const item = { public_id: 'i-1', order: 'o-1', product: 'OAT', quantity: 3, price: '20.00', total_price: '60.00' };
  const line = (type: string) => {
    const interpretation = ordergroove.interpret(arrived(event(type, item)), settingsWith());
    assert.ok(interpretation.do === 'apply');
    const [report] = interpretation.reports;
    assert.deepEqual([report?.kind, report?.externalId, report?.header, report?.linesComplete], ['order', 'o-1', null, false]);
    return report?.lines[0];
  };
  assert.deepEqual(line('item.change_quantity')?.content.item, { number: 'OAT', name: null, supplierNumber: null });
  assert.equal(line('item.change_quantity')?.content.position, null);
  assert.equal(line('item.change_quantity')?.removed, undefined);
  assert.equal(line('item.remove')?.removed, true);
});

test('an item that does not name its order is fetched, or ignored without an API', () => {
  const item = event('item.update_price', { public_id: 'i-7' });
  const asked = ordergroove.interpret(arrived(item), withApi());
  assert.deepEqual(asked.do === 'fetch' && [asked.subject, asked.whenMissing], [{ kind: 'item', externalId: 'i-7' }, 'ignored']);
  assert.equal(ordergroove.interpret(arrived(item), settingsWith()).do, 'ignore');
});

test('tokens are redacted in bodies, also inside texts that contain JSON, and every other byte is unchanged', () => {
  const secret = 'eyJhbGciOi"JFUzUx\\Mi';
  const nested = JSON.stringify({ deep: [{ one_click_token: secret }], link: `https://shop.example/one?one_click_token=${'T0K3N'}&x=1` });
  const sent = `{ "id" : "e1",\t"data":{"object":{"one_click_token" : ${JSON.stringify(secret)},"price":1.10,"extra_data":${JSON.stringify(nested)},"user_token_id":"kept","list":[{"One_Click_Token":12345}],"note":"token"}} }\n`;
  const redacted = ordergroove.redactBody?.(Buffer.from(sent), null).toString() ?? '';
  for (const leak of ['JFUzUx', 'T0K3N', '12345']) assert.ok(!redacted.includes(leak), leak);
  const expectedNested = JSON.stringify({
    deep: [{ one_click_token: '[redacted]' }],
    link: 'https://shop.example/one?one_click_token=[redacted]&x=1',
  });
  assert.equal(
    redacted,
    `{ "id" : "e1",\t"data":{"object":{"one_click_token" : "[redacted]","price":1.10,"extra_data":${JSON.stringify(expectedNested)},"user_token_id":"kept","list":[{"One_Click_Token":"[redacted]"}],"note":"token"}} }\n`,
  );
});

test('a body without tokens, or without any JSON, is returned unchanged', () => {
  for (const untouched of [
    Buffer.from(body),
    Buffer.from([0xff, 0xfe, 0x22, 0x5c]),
    Buffer.from('"token'),
    Buffer.from('{"token":{"a":1}}'),
  ]) {
    assert.deepEqual(ordergroove.redactBody?.(untouched, null), untouched);
  }
});

test('a deletion is reported without a time, so that no stored time takes precedence', () => {
  const sent = { id: 'e', type: 'order.delete', created: 1767261600, data: { object: { type: 'order', public_id: 'o-9', total: '1.00' } } };
  for (const settings of [settingsWith(), withApi()]) {
    const told = ordergroove.interpret(arrived(sent), settings);
    assert.ok(told.do === 'apply');
    assert.deepEqual(
      told.reports.map(({ externalId, deleted, lastUpdatedAt, header }) => ({ externalId, deleted, lastUpdatedAt, header })),
      [{ externalId: 'o-9', deleted: true, lastUpdatedAt: null, header: null }],
    );
  }
});

test('the simulator sends every event type signed, and each is interpreted with and without an API', async () => {
  const world = simulation('http://localhost');
  const effects = new Map(ordergroove.events.map(({ type, effect }) => [type, effect]));
  const understand = async (sent: OutgoingWebhook, form: string | undefined) => {
    const about = `${sent.eventType} ${form}`;
    const effect = effects.get(sent.eventType);
    const request = inbound(sent.body, sent.headers);
    assert.equal((await verdictOn(ordergroove, request, settingsWith(), gatekeeper)).accepted, true, about);
    const { eventType, subject } = ordergroove.identify(request, settingsWith());
    assert.deepEqual([eventType, subject], [sent.eventType, sent.subject]);
    const plain = ordergroove.interpret(arrived(JSON.parse(sent.body)), settingsWith());
    assert.equal(plain.do, effect === 'ignore' ? 'ignore' : 'apply', about);
    const [report] = plain.do === 'apply' ? plain.reports : [];
    assert.deepEqual(report && { kind: report.kind, externalId: report.externalId }, subject ?? undefined, about);
    const withFetch = ordergroove.interpret(arrived(JSON.parse(sent.body)), withApi());
    assert.equal(withFetch.do, effect === 'delete' ? 'apply' : effect, about);
    assert.deepEqual(
      plain.drift.map(({ name }) => name),
      form === 'customised' && effect !== 'ignore' ? ['loyalty_tier'] : [],
    );
  };
  for (const type of effects.keys()) {
    for (const form of [undefined, 'snapshot', 'customised']) {
      const sent = world.emit(type, form);
      assert.ok(
        sent.some(({ eventType }) => eventType === type),
        type,
      );
      for (const one of sent) await understand(one, form);
    }
  }
});

test('nothing in the simulated platform changes without an event that reports it', () => {
  const world = simulation('http://localhost');
  const held = () => new Map(world.resources().map(({ subject, text }) => [`${subject.kind}:${subject.externalId}`, text]));
  for (const { type } of [...ordergroove.events, ...ordergroove.events]) {
    const before = held();
    const told = new Set(world.emit(type).flatMap(({ subject }) => (subject ? [`${subject.kind}:${subject.externalId}`] : [])));
    const after = held();
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
    for (const key of changed) assert.ok(told.has(key), `${type} changed ${key}`);
  }
});
