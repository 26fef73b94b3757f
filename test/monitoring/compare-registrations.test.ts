import assert from 'node:assert/strict';
import test from 'node:test';
import type { RegisteredWebhook } from '../../src/domain/registered-webhook.ts';
import { compareRegistrations } from '../../src/monitoring/compare-registrations.ts';
import { ordermentum } from '../../src/platforms/ordermentum/index.ts';

const URL = 'https://dock.example/webhooks/fresh';
const events = ordermentum.events.map(({ type }) => type);
const connection = {
  name: 'fresh',
  platform: ordermentum,
  settings: { webhook: {} },
  reconcile: { schedule: false as const, since: null },
};
const registered = (changes: Partial<RegisteredWebhook> = {}): RegisteredWebhook => ({
  ...{ id: 'w-1', name: null, url: URL, events, enabled: true, statistics: null },
  ...changes,
});
const kinds = (list: RegisteredWebhook[], url: string | null = URL, enable = true) =>
  compareRegistrations(connection, list, url, { enable }).map(({ kind, command }) => [kind, command]);

test('registrations are compared with one enabled registration of our address for every event', () => {
  assert.deepEqual(kinds([registered()]), []);
  assert.deepEqual(kinds([]), [['missing', 'orderdock webhooks register fresh']]);
  assert.deepEqual(kinds([registered({ url: 'https://other.example/webhooks/fresh' })]), [
    ['missing', 'orderdock webhooks register fresh'],
  ]);
  assert.deepEqual(kinds([registered({ enabled: false })]), [['disabled', 'orderdock webhooks enable fresh w-1']]);
  assert.deepEqual(kinds([registered({ enabled: false })], URL, false), [['disabled', 'orderdock webhooks register fresh']]);
  assert.deepEqual(kinds([registered(), registered({ id: 'w-2' })]), [['repeated', null]]);
  assert.deepEqual(kinds([registered({ statistics: { failed: 3, successful: 9 } })]), [['failed', 'orderdock reconcile fresh']]);
  const [missing] = kinds([registered({ events: events.slice(1) })]);
  assert.equal(missing?.[0], 'events');
  assert.match(String(missing?.[1]), /update fresh w-1 --events .*order_created/);
});

test('remains of a deletion, and a disabled registration beside an enabled one, are no difference', () => {
  assert.deepEqual(kinds([registered({ enabled: false, events: [] })]), [['missing', 'orderdock webhooks register fresh']]);
  assert.deepEqual(kinds([registered(), registered({ id: 'w-2', enabled: false })]), []);
});

test('without PUBLIC_URL our registration is recognised by its path, or by its name if no address is shown', () => {
  assert.deepEqual(kinds([registered({ url: 'https://any.example/base/webhooks/fresh' })], null), []);
  assert.equal(kinds([registered({ url: 'https://any.example/webhooks/fresher' })], null)[0]?.[0], 'missing');
  assert.deepEqual(kinds([registered({ url: null, name: 'Orderdock fresh' })]), []);
  assert.equal(kinds([registered({ url: null, name: 'Orderdock other' })])[0]?.[0], 'missing');
});
