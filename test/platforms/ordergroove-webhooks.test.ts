import assert from 'node:assert/strict';
import test from 'node:test';
import { OrderdockError } from '../../src/domain/errors.ts';
import { objectAt, parseJson } from '../../src/domain/json.ts';
import type { SaveSecret } from '../../src/platforms/contract/management.ts';
import { ordergroove } from '../../src/platforms/ordergroove/index.ts';
import type { ClientOptions } from '../../src/remote/remote.ts';
import { remoteOnFakeTime } from '../remote/far-side.ts';
import { serve, settingsWith, simulation, withApi } from './ordergroove-support.ts';

const managed = (baseUrl: string, keepSecret?: SaveSecret) => {
  const settings = settingsWith({ management: { baseUrl, apiKey: 'api-key-1', merchant: 'merchant-1' } });
  const webhooks = ordergroove.connect(settings, remoteOnFakeTime().remote, keepSecret)?.webhooks;
  assert.ok(webhooks);
  return webhooks;
};

test('a target is registered with a filter, its key is kept, and only then is it enabled', async (t) => {
  const { baseUrl, asked } = await serve(t, (url) => simulation(url));
  const kept: [string, readonly string[]][] = [];
  const webhooks = managed(baseUrl, async (setting, values) => {
    kept.push([setting, values]);
  });
  const made = await webhooks.register('https://hooks.example.net/webhooks/subs', ['order.create', 'order.delete']);
  assert.deepEqual(
    [made.url, made.events, made.enabled],
    ['https://hooks.example.net/webhooks/subs', ['order.create', 'order.delete'], true],
  );
  assert.deepEqual(
    kept.map(([setting, values]) => [setting, values.length, ...values.slice(1)]),
    [['webhook.verificationKey', 3, 'first-verification-key', 'second-verification-key']],
  );
  assert.deepEqual(
    asked.slice(0, 4).map(({ method, path }) => `${method} ${path.replace(made.id, '{id}')}`),
    [
      'POST /webhook_targets/',
      'POST /webhook_targets/{id}/filters',
      'GET /webhook_targets/{id}/signing_key',
      'PATCH /webhook_targets/{id}',
    ],
  );
  assert.equal(objectAt(parseJson(asked[0]?.body ?? '')).enabled, false);
  assert.deepEqual(await webhooks.list(), [made]);
});

test('a target is changed, rotated and disabled', async (t) => {
  const { baseUrl } = await serve(t, (url) => simulation(url));
  let kept: readonly string[] = [];
  const webhooks = managed(baseUrl, async (_setting, values) => {
    kept = values;
  });
  const { id, events } = await webhooks.register('https://one.example/webhooks/subs', null);
  assert.equal(events.length, 45, 'everything but the workflow event');
  const changed = await webhooks.update(id, 'https://two.example/webhooks/subs', ['item.remove']);
  assert.deepEqual([changed.url, changed.events], ['https://two.example/webhooks/subs', ['item.remove']]);
  const [first] = kept;
  await webhooks.rotateSecret?.(id);
  assert.deepEqual([kept.length, kept[1] === first, kept[0] === first], [4, true, false]);
  await webhooks.delete(id);
  assert.deepEqual(
    (await webhooks.list()).map(({ enabled }) => enabled),
    [false],
  );
});

test('without settings of its own the management API is beside the REST API, for the merchant that its objects name', async (t) => {
  const { baseUrl, world, asked } = await serve(t, (url) => simulation(url));
  const webhooks = ordergroove.connect(withApi(baseUrl), remoteOnFakeTime().remote, async () => {})?.webhooks;
  await assert.rejects(webhooks?.register('https://one.example/', null) ?? Promise.resolve(), /management\.merchant/);
  world.emit('subscriber.create');
  await webhooks?.register('https://one.example/', null);
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

test('a key that could not be kept anywhere is not asked for', async (t) => {
  const { baseUrl, asked } = await serve(t, (url) => simulation(url));
  await assert.rejects(managed(baseUrl).register('https://one.example/', null), OrderdockError);
  assert.deepEqual(asked, []);
});
