import assert from 'node:assert/strict';
import test from 'node:test';
import { createThrottle } from '../../src/http/auth/throttle.ts';
import { manualClock } from '../support/clock.ts';
import { ADMIN, READER, testWithApi } from './support.ts';

const basic = (name: string, key: string) => `Basic ${Buffer.from(`${name}:${key}`).toString('base64')}`;

testWithApi('after ten failed keys within a minute the sender is answered 429, and nobody else is locked out', async (api) => {
  const as = (authorization: string, path = '/orders') => fetch(`${api.url}/api/v1${path}`, { headers: { Authorization: authorization } });
  const { key } = (await api.call('POST', '/keys', { body: { name: 'erp', role: 'reader' } })).json;
  for (let n = 0; n < 10; n++) assert.equal((await as(`Bearer guess-${n}`)).status, 401);
  const refused = await as('Bearer guess-10');
  assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [429, 'too_many_attempts']);
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d?$/);
  assert.equal((await as(`Bearer ${key}`)).status, 200, 'a key that is known by its beginning has a count of its own');
  assert.equal((await as(`Bearer ${READER}`)).status, 200, 'one of the settings too');
  assert.equal((await as(basic('erp', key))).status, 200, 'and so has a name');
  for (let n = 0; n < 10; n++) assert.equal((await as(basic('erp', `guess-${n}`))).status, 401);
  assert.equal((await as(basic('erp', key))).status, 429, 'that name is refused from here, whatever the key');
  assert.equal((await as(`Bearer ${key}`)).status, 200);
  assert.equal((await fetch(`${api.url}/api/v1/orders`)).status, 401, 'without a key nothing is counted');
  const audit = (await api.get('/audit?action=sign_in')).json.data;
  assert.deepEqual(
    [audit.length, audit[0].who, audit[0].result, audit[19].who, audit[19].target],
    [20, 'erp', 'unauthorized', 'unknown', 'api'],
  );
  assert.doesNotMatch(JSON.stringify(audit), /guess/);
});

testWithApi('a key sent in place of a name is in no audit entry, not even with a typing error', async (api) => {
  const { key } = (await api.call('POST', '/keys', { body: { name: 'erp-of-the-second-warehouse', role: 'reader' } })).json;
  for (const name of [key, key.slice(1), READER, ADMIN, 'erp-of-the-second-warehouse', 'someone']) {
    const answer = await fetch(`${api.url}/api/v1/orders`, { headers: { Authorization: basic(name, '') } });
    assert.equal(answer.status, 401, name);
  }
  assert.equal((await api.call('DELETE', `/keys/${key}`)).status, 404);
  const audit = (await api.get('/audit')).json.data;
  assert.deepEqual(
    audit.map((entry: { action: string; who: string; target: string }) => `${entry.action} ${entry.target} ${entry.who}`).reverse(),
    [
      'key.create key:erp-of-the-second-warehouse a',
      'sign_in api a name of 46 characters',
      'sign_in api a name of 45 characters',
      `sign_in api a name of ${READER.length} characters`,
      `sign_in api a name of ${ADMIN.length} characters`,
      'sign_in api erp-of-the-second-warehouse',
      'sign_in api someone',
      'key.delete key a',
    ],
  );
  assert.doesNotMatch(JSON.stringify(audit), new RegExp(key.slice(8)));
});

test('failures expire after a minute, and are counted by network and name', () => {
  const clock = manualClock();
  const throttle = createThrottle(() => clock.now().getTime());
  const fail = (address: string, name: string, times: number) => {
    for (let n = 0; n < times; n++) throttle.failed(address, name);
  };
  fail('192.0.2.1', 'erp', 9);
  assert.equal(throttle.waitSeconds('192.0.2.1', 'erp'), null);
  clock.advance(20_000);
  assert.equal(throttle.failed('192.0.2.1', 'erp'), true);
  assert.equal(throttle.waitSeconds('192.0.2.1', 'erp'), 40);
  assert.equal(throttle.waitSeconds('::ffff:192.0.2.1', 'erp'), 40, 'the same address, written as IPv6');
  assert.deepEqual([throttle.waitSeconds('192.0.2.2', 'erp'), throttle.waitSeconds('192.0.2.1', 'till')], [null, null]);
  clock.advance(40_000);
  assert.equal(throttle.waitSeconds('192.0.2.1', 'erp'), null);
  fail('2001:db8:1:2::1', 'erp', 5);
  fail('2001:db8:1:2:ffff::9', 'erp', 5);
  assert.equal(throttle.waitSeconds('2001:db8:1:2::abc', 'erp'), 60, 'one customer has a /64');
  assert.equal(throttle.waitSeconds('2001:db8:1:3::1', 'erp'), null);
  for (let n = 0; n < 100; n++) throttle.failed('198.51.100.7', `name-${n}`);
  assert.equal(throttle.waitSeconds('198.51.100.7', 'name-200'), 60, 'further names of one address count as one');
  assert.equal(throttle.hasFailed('203.0.113.1'), false);
});
