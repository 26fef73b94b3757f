import assert from 'node:assert/strict';
import test from 'node:test';
import { ordermentum } from '../../src/platforms/ordermentum/index.ts';
import type { ClientOptions } from '../../src/remote/remote.ts';
import { remoteOnFakeTime } from '../remote/remote-server.ts';
import { verb, wanted } from './management-support.ts';
import { against, at, type Call, type Reply } from './ordermentum-support.ts';

test('webhooks are registered for the supplier with the connection’s own credentials, which are not returned', async (t) => {
  const auth = [
    { basic: { username: 'om', password: ['new-pass', 'old-pass'] } },
    { header: { name: 'X-Connector-Token', value: 'tok' } },
    { bearer: { token: 'b' } },
  ];
  const echo = ({ body }: Call): Reply => ({ status: 201, body: { id: 'w-1', ...JSON.parse(body) } });
  const { api, calls } = await against(t, echo, 'key-1', { auth });
  const here = 'https://dock.example.com/webhooks/fresh';
  const registered = await verb(api, 'register')(wanted(here, { events: ['order_created'] }));
  const shown = { id: 'w-1', name: 'Orderdock fresh', url: here, events: ['order_created'], enabled: true, statistics: null };
  assert.deepEqual(registered, [shown]);
  assert.deepEqual(JSON.parse(calls[0]?.body ?? ''), {
    url: 'https://dock.example.com/webhooks/fresh',
    events: ['order_created'],
    name: 'Orderdock fresh',
    entityId: 'supplier-1',
    entityType: 'supplier',
    authentication: { basicAuth: { username: 'om', password: 'new-pass' } },
    headers: { 'X-Connector-Token': 'tok' },
  });
});

test('a bearer token is registered as a header, and without static credentials nothing is registered', async (t) => {
  const reply = ({ body }: Call): Reply => ({ body: { data: { id: 'w-2', ...JSON.parse(body) } } });
  const bearer = await against(t, reply, 'key-1', { auth: [{ bearer: { token: 'tok' } }] });
  assert.equal((await verb(bearer.api, 'register')(wanted('https://d.example.com/webhooks/x')))[0]?.events.length, 10);
  assert.deepEqual(JSON.parse(bearer.calls[0]?.body ?? '').headers, { Authorization: 'Bearer tok' });
  const none = await against(t, reply);
  await assert.rejects(verb(none.api, 'register')(wanted('https://d.example.com/webhooks/x')), {
    code: 'no_static_credentials',
  });
  assert.equal(none.calls.length, 0);
});

test('registered webhooks are listed over all pages, changed and deleted by id', async (t) => {
  const { api, calls } = await against(
    t,
    ({ method, query }) => {
      if (method !== 'GET') return { status: method === 'DELETE' ? 204 : 200, ...(method === 'PUT' ? { body: {} } : {}) };
      return {
        body: {
          meta: { totalPages: 2 },
          data: [{ id: `w-${query.pageNo}`, events: ['order_created'], deletedAt: query.pageNo === '2' ? at(1) : null }],
        },
      };
    },
    'key-1',
    { auth: [{ basic: { username: 'u', password: 'p' } }] },
  );
  assert.deepEqual(await verb(api, 'list')(), [
    { id: 'w-1', name: null, url: null, events: ['order_created'], enabled: true, statistics: null },
    { id: 'w-2', name: null, url: null, events: ['order_created'], enabled: false, statistics: null },
  ]);
  assert.equal((await verb(api, 'update')('w-1', wanted('https://d.example.com/webhooks/x'))).id, 'w-1');
  await verb(api, 'delete')('w-1');
  assert.deepEqual(
    calls.slice(2).map(({ method, path }) => `${method} ${path}`),
    ['PUT /v1/webhooks/w-1', 'DELETE /v1/webhooks/w-1'],
  );
});

test('the API is called with the key, the token, or both, and the management host that responds is preferred from then on', async (t) => {
  const seen: (string | undefined)[][] = [];
  const note = (host: string, { headers }: Call) => seen.push([host, headers['x-api-key'], headers.authorization]);
  const app = await against(t, (call) => {
    note('app', call);
    return { body: { data: [] } };
  });
  const base = await against(t, (call) => {
    note('base', call);
    return call.path === '/v1/webhooks' ? { status: 404 } : { body: { id: 'o-1' } };
  });
  const connect = (api: object) => {
    const settings = ordermentum.settings.parse({ webhook: {}, api: { supplierId: 's', ...api } });
    return ordermentum.connect(settings, remoteOnFakeTime().remote);
  };
  for (const credentials of [{ apiKey: 'k' }, { token: 't' }, { apiKey: 'k', token: 't' }]) {
    const { baseUrl } = base;
    await connect({ baseUrl, ...credentials })?.fetch({ kind: 'order', externalId: 'o-1' });
  }
  assert.deepEqual(seen.splice(0), [
    ['base', 'k', undefined],
    ['base', undefined, 'Bearer t'],
    ['base', 'k', 'Bearer t'],
  ]);
  // The management host is tried first; after its 404 the API's own base is used, and vice versa.
  const api = connect({ baseUrl: app.baseUrl, managementBaseUrl: base.baseUrl, token: 't' });
  for (let count = 0; count < 2; count++) await verb(api, 'list')();
  assert.deepEqual(
    seen.map(([host]) => host),
    ['base', 'app', 'app'],
  );
  await assert.rejects(verb(connect({ baseUrl: base.baseUrl, token: 't' }), 'list')(), { status: 404, message: /answered 404/ });
  assert.throws(() => connect({ baseUrl: base.baseUrl }), /apiKey, token/);
});

test('the API host is tried before the host of the registration page, and a test system has no second one', () => {
  const called = (baseUrl?: string) => {
    const urls: string[] = [];
    const { remote } = remoteOnFakeTime();
    const spying = {
      ...remote,
      client: (options: ClientOptions) => remote.client({ ...options, baseUrl: urls[urls.push(options.baseUrl) - 1] ?? '' }),
    };
    ordermentum.connect(
      ordermentum.settings.parse({ webhook: {}, api: { ...(baseUrl ? { baseUrl } : {}), apiKey: 'k', supplierId: 's' } }),
      spying,
    );
    return [...new Set(urls)];
  };
  assert.deepEqual(called(), ['https://api.ordermentum.com', 'https://app.ordermentum.com']);
  assert.deepEqual(called('https://app.ordermentum.com'), ['https://app.ordermentum.com', 'https://api.ordermentum.com']);
  assert.deepEqual(called('https://app-testing.ordermentum.com'), ['https://app-testing.ordermentum.com']);
});

test('name, entity type and events are as requested, unknown ones are rejected, and an incomplete registration is removed', async (t) => {
  const auth = [{ basic: { username: 'u', password: 'p' } }];
  let made = 0;
  const { api, calls } = await against(
    t,
    ({ method, body }) => {
      if (method === 'DELETE') return { status: 204 };
      if (JSON.parse(body).entityType === 'venue') return { status: 422, body: { message: 'no venue' } };
      return { status: 201, body: { id: `w-${++made}`, ...JSON.parse(body) } };
    },
    'key-1',
    { auth },
  );
  const register = verb(api, 'register');
  const here = 'https://d.example.com/webhooks/x';
  assert.equal((await register(wanted(here, { name: 'Ours', entityTypes: ['supplier', 'retailer'] }))).length, 2);
  assert.deepEqual(
    calls.map(({ body }) => [JSON.parse(body).name, JSON.parse(body).entityType]),
    [
      ['Ours', 'supplier'],
      ['Ours', 'retailer'],
    ],
  );
  await assert.rejects(register(wanted(here, { events: ['order_created', 'order_shipped'] })), { code: 'unknown_event_type' });
  await assert.rejects(register(wanted(here, { entityTypes: ['shop'] })), { code: 'unknown_entity_type' });
  assert.equal(calls.length, 2);
  await assert.rejects(register(wanted(here, { entityTypes: ['supplier', 'venue'] })), { status: 422 });
  assert.equal(`${calls.at(-1)?.method} ${calls.at(-1)?.path}`, 'DELETE /v1/webhooks/w-3');
});
