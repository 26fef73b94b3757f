import assert from 'node:assert/strict';
import test from 'node:test';
import { OrderdockError, Refused } from '../../src/domain/errors.ts';
import { objectAt, parseJson } from '../../src/domain/values/json.ts';
import type { SaveSecret } from '../../src/platforms/contract/management.ts';
import { ordergroove } from '../../src/platforms/ordergroove/index.ts';
import { MANAGEMENT_PATH } from '../../src/platforms/ordergroove/simulator/targets.ts';
import type { ClientOptions } from '../../src/remote/remote.ts';
import { remoteOnFakeTime } from '../remote/remote-server.ts';
import { verb, wanted } from './management-support.ts';
import { type Asked, KEYS, serve, settingsWith, simulation, withApi } from './ordergroove-support.ts';

const managed = (baseUrl: string, saveSecret?: SaveSecret) =>
  ordergroove.connect(
    settingsWith({ management: { baseUrl: `${baseUrl}${MANAGEMENT_PATH}`, apiKey: 'api-key-1', merchant: 'merchant-1' } }),
    remoteOnFakeTime().remote,
    saveSecret,
  );
const HERE = 'https://hooks.example.net/webhooks/subs';
const nameOf = ({ method, path }: Asked, id: string) => `${method} ${path.replace(MANAGEMENT_PATH, '').replace(id, '{id}')}`;

test('a target is registered with a filter, its key is stored, and only then is it enabled', async (t) => {
  const { baseUrl, asked } = await serve(t, (url) => simulation(url));
  const stored: [string, readonly string[]][] = [];
  const api = managed(baseUrl, async (setting, values) => {
    stored.push([setting, values]);
  });
  const [made] = await verb(api, 'register')(wanted(HERE, { events: ['order.create', 'order.delete'] }));
  assert.deepEqual([made?.url, made?.events, made?.enabled], [HERE, ['order.create', 'order.delete'], true]);
  assert.deepEqual(
    stored.map(([setting, values]) => [setting, values.length, ...values.slice(1)]),
    [['webhook.verificationKey', 3, 'first-verification-key', 'second-verification-key']],
  );
  assert.deepEqual(
    asked.map((one) => nameOf(one, made?.id ?? '')),
    [
      'GET /webhook_targets',
      'POST /webhook_targets/',
      'POST /webhook_targets/{id}/filters',
      'GET /webhook_targets/{id}/signing_key',
      'PATCH /webhook_targets/{id}',
    ],
  );
  assert.equal(objectAt(parseJson(asked[1]?.body ?? '')).enabled, false);
  const statistics = { failed: 0, successful: 0, successful_retries: 0, pending_delivery: 0 };
  assert.deepEqual(await verb(api, 'list')(), [{ ...made, statistics }]);
});

test('groups and names are sent as documented, unescaped; any other name is rejected before a request is sent', async (t) => {
  const { baseUrl, asked } = await serve(t, (url) => simulation(url));
  const api = managed(baseUrl, async () => {});
  const [made] = await verb(api, 'register')(wanted(HERE, { events: ['order.*', 'item.remove'] }));
  const filter = asked.find(({ path }) => path.endsWith('/filters'));
  assert.deepEqual(parseJson(filter?.body ?? ''), { pattern: 'order.*|item.remove' });
  assert.ok(made?.events.includes('order.create') && made.events.includes('item.remove') && !made.events.includes('item.create'));
  const before = asked.length;
  for (const events of [['order.creat'], ['orders.*'], ['order\\.create'], ['*']]) {
    await assert.rejects(verb(api, 'register')(wanted(HERE, { events })), { code: 'unknown_event_type' });
  }
  await assert.rejects(verb(api, 'register')(wanted(HERE, { name: 'ours' })), { code: 'unknown_option' });
  assert.equal(asked.length, before);
});

test('a target is updated, rotated, disabled and enabled, and what delete leaves of it is reported', async (t) => {
  const { baseUrl } = await serve(t, (url) => simulation(url));
  let stored: readonly string[] = [];
  const api = managed(baseUrl, async (_setting, values) => {
    stored = values;
  });
  const [made] = await verb(api, 'register')(wanted('https://one.example/webhooks/subs'));
  const id = made?.id ?? '';
  assert.equal(made?.events.length, 45, 'everything but the workflow event');
  const changed = await verb(api, 'update')(id, wanted('https://two.example/webhooks/subs', { events: ['item.remove'] }));
  assert.deepEqual([changed.url, changed.events], ['https://two.example/webhooks/subs', ['item.remove']]);
  const [first] = stored;
  await verb(api, 'rotate')(id);
  assert.deepEqual([stored.length, stored[1] === first, stored[0] === first], [4, true, false]);
  assert.equal((await verb(api, 'disable')(id)).enabled, false);
  assert.equal((await verb(api, 'enable')(id)).enabled, true);
  assert.match((await verb(api, 'delete')(id)) ?? '', /disabled.*Ordergroove Admin/);
  assert.deepEqual(
    (await verb(api, 'list')()).map(({ enabled, events }) => [enabled, events]),
    [[false, []]],
  );
  await assert.rejects(verb(api, 'enable')('nobody'), { code: 'remote_missing' });
});

test('the eleventh target is rejected, and a registration that fails half-way leaves nothing enabled and no key', async (t) => {
  let saved: readonly string[] | null = null;
  let failing = false;
  const { baseUrl } = await serve(t, (url) => {
    const world = simulation(url);
    const answer: typeof world.answer = (request) =>
      failing && request.body.includes('"enabled":true') ? { status: 400, body: '{"detail":"no"}' } : world.answer(request);
    return { ...world, answer };
  });
  const api = managed(baseUrl, async (_setting, values) => {
    saved = values;
  });
  failing = true;
  await assert.rejects(verb(api, 'register')(wanted(HERE)), {
    code: 'half_registered',
    message: /Left at the platform: target .*disabled/,
  });
  assert.deepEqual(saved, KEYS, 'its key is gone from the settings');
  assert.deepEqual(
    (await verb(api, 'list')()).map(({ enabled, events }) => [enabled, events]),
    [[false, []]],
  );
  failing = false;
  for (let count = 1; count < 10; count++) await verb(api, 'register')(wanted(HERE));
  await assert.rejects(verb(api, 'register')(wanted(HERE)), (error) => error instanceof Refused && error.code === 'too_many_webhooks');
});

test('without its own settings the management API is beside the REST API, for the merchant that its objects name', async (t) => {
  const { baseUrl, world, asked } = await serve(t, (url) => simulation(url));
  const settings = settingsWith({ api: { baseUrl, apiKey: 'api-key-1' }, management: { baseUrl: `${baseUrl}${MANAGEMENT_PATH}` } });
  const api = ordergroove.connect(settings, remoteOnFakeTime().remote, async () => {});
  await assert.rejects(verb(api, 'register')(wanted('https://one.example/')), /management\.merchant/);
  world.emit('subscriber.create');
  await verb(api, 'register')(wanted('https://one.example/'));
  const sent = asked.find(({ method }) => method === 'POST');
  assert.equal(objectAt(parseJson(sent?.body ?? '')).merchant, 'merchant-1');
  const called: string[] = [];
  const { remote } = remoteOnFakeTime();
  const spying = {
    ...remote,
    client(options: ClientOptions) {
      called.push(options.baseUrl);
      return remote.client(options);
    },
  };
  ordergroove.connect(withApi('https://staging.restapi.ordergroove.com'), spying);
  ordergroove.connect(settingsWith({ management: { merchant: 'm', apiKey: 'k' } }), spying);
  assert.deepEqual(called, [
    'https://staging.restapi.ordergroove.com',
    'https://staging.webhooks.ordergroove.com',
    'https://webhooks.ordergroove.com',
  ]);
});

test('a key that cannot be stored is not requested', async (t) => {
  const { baseUrl, asked } = await serve(t, (url) => simulation(url));
  await assert.rejects(verb(managed(baseUrl), 'register')(wanted('https://one.example/')), OrderdockError);
  assert.deepEqual(asked, []);
});
