import assert from 'node:assert/strict';
import test from 'node:test';
import type { SimulatedRequest, Simulation } from '../../src/platforms/contract/simulation.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { createWorld } from '../../src/sandbox/world.ts';
import { manualClock } from '../support/clock.ts';
import { createPlatformContext, type PlatformContext } from './platform-context.ts';
import { BASE_URL, worldOf } from './worlds.ts';

const SIMULATED = PLATFORMS.filter((platform) => 'api' in worldOf(platform).entry);

/** What the platform rejects, and a lenient simulator would hide. Paths are relative to the API's base. */
const REFUSED: Record<string, readonly (readonly [what: string, request: Partial<SimulatedRequest>, status: number])[]> = {
  ordermentum: [
    ['a key that is not ours', { path: '/v2/orders', headers: { 'x-api-key': 'no' } }, 401],
    ['a filter that the list does not have', { path: '/v2/orders', query: { retailerId: 'r-1' } }, 400],
    ['registrations at the host that has none', { path: '/v1/webhooks' }, 404],
    ['a registration without a bearer token', { path: '/app/v1/webhooks', headers: { authorization: '' } }, 401],
    ['an event that there is not', { method: 'POST', path: '/app/v1/webhooks', body: registration({ events: ['order_shipped'] }) }, 400],
    ['a member that the page does not show', { method: 'POST', path: '/app/v1/webhooks', body: registration({ secret: 's' }) }, 400],
    ['a registration without a name', { method: 'POST', path: '/app/v1/webhooks', body: registration({ name: undefined }) }, 400],
  ],
  ordergroove: [
    ['a key that is not ours', { path: '/orders/', headers: { 'x-api-key': 'no' } }, 403],
    ['a filter that the list does not have', { path: '/orders/', query: { updated_since: '2026-01-01' } }, 400],
    ['a time with a zone', { path: '/orders/', query: { updated_start: '2026-01-01T00:00:00Z' } }, 400],
    ['targets at the host of the REST API', { path: '/webhook_targets' }, 404],
    [
      'a target without a merchant',
      { method: 'POST', path: '/webhooks-api/webhook_targets/', body: '{"target_url":"https://x.example"}' },
      400,
    ],
  ],
  orisha: [
    ['a call without a token', { path: '/items', headers: { authorization: '' } }, 401],
    ['a parameter that the list does not have', { path: '/items', query: { modifiedSince: '2026-01-01' } }, 400],
    ['an administration that is not ours', { path: '/administrations/9999/webhooks' }, 404],
  ],
  tradecloud: [
    ['an order with Basic in place of a token', { path: '/order/o-1', headers: { authorization: 'Basic eDp5' } }, 401],
    [
      'a filter of an earlier day',
      { method: 'POST', path: '/order-search/poll', body: '{"filters":{"lastUpdatedSince":"2026-01-01"}}' },
      400,
    ],
    ['a page of more than 100', { method: 'POST', path: '/order-search/poll', body: '{"filters":{},"limit":1000}' }, 400],
  ],
};

function registration(changes: object): string {
  const shown = { url: 'https://dock.example/webhooks/x', name: 'n', events: ['order_created'], entityId: 'e', entityType: 'supplier' };
  return JSON.stringify({ ...shown, ...changes });
}

/** A request that is accepted, in the platform's format. */
function authorized(simulation: Simulation, settings: object): Record<string, string> {
  const { api = {} } = settings as { api?: Record<string, unknown> };
  const first = (value: unknown) => String(Array.isArray(value) ? value[0] : value);
  const { apiKey, token, username, password, oauth2 } = api as Record<string, unknown>;
  const ask = (method: string, path: string, headers: Record<string, string>, body = '') =>
    simulation.answer({ method, path, query: {}, headers, body });
  if (username !== undefined) {
    const login = ask('GET', '/authentication/login', {
      authorization: `Basic ${Buffer.from(`${username}:${first(password)}`).toString('base64')}`,
    });
    return { authorization: `Bearer ${login.headers?.['Set-Authorization']}` };
  }
  if (oauth2 !== undefined) {
    const { clientId, clientSecret } = oauth2 as Record<string, unknown>;
    const form = new URLSearchParams({ client_id: String(clientId), client_secret: first(clientSecret) }).toString();
    const granted = JSON.parse(String(ask('POST', '/oauth/token', {}, form).body)) as { access_token: string };
    return { authorization: `Bearer ${granted.access_token}` };
  }
  return {
    ...(apiKey === undefined ? {} : { 'x-api-key': first(apiKey) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${first(token)}` }),
  };
}

/** All requests that our client sends to the platform. */
async function askEverything({ context, connection, happen }: PlatformContext): Promise<void> {
  const api = context.api(connection);
  assert.ok(api);
  for (const { type } of connection.platform.events.slice(0, 6)) {
    for (const { webhook } of await happen(type)) {
      const { subject } = webhook;
      if (subject) await api.fetch(subject).catch((error: { code?: string }) => assert.ok(error.code !== 'remote_refused', String(error)));
    }
  }
  for (const { name } of api.streams) {
    let page: string | null = null;
    do {
      page = (await api.changesSince(name, { watermark: null, since: '2025-01-01T00:00:00Z', page })).next;
    } while (page !== null);
  }
  await api.check();
  await api.webhooks?.list?.();
}

for (const platform of SIMULATED) {
  test(`${platform.name}: our client sends no request that its simulator rejects`, async (t) => {
    const place = await createPlatformContext('sqlite', platform);
    t.after(() => place.close());
    await askEverything(place);
    const refused = place.asked.filter((text) => / (400|401|403|405|409|422|429) /.test(text.slice(0, 200)));
    assert.ok(place.asked.length > 5);
    assert.deepEqual(refused, []);
  });

  test(`${platform.name}: its simulator rejects what the platform rejects`, () => {
    const { simulation, settings } = worldOf(platform);
    const headers = authorized(simulation, settings);
    const cases = REFUSED[platform.name] ?? [];
    assert.ok(cases.length >= 3, 'a platform with an API says what it refuses');
    for (const [what, request, status] of cases) {
      const sent = { method: 'GET', path: '/', query: {}, body: '', ...request, headers: { ...headers, ...request.headers } };
      assert.equal(simulation.answer(sent).status, status, what);
    }
  });
}

const platformNamed = (name: string) => {
  const platform = PLATFORMS.find((one) => one.name === name);
  assert.ok(platform);
  const { simulation, settings } = worldOf(platform);
  const ask = (method: string, path: string, body = '', headers = authorized(simulation, settings)) =>
    simulation.answer({ method, path, query: {}, headers, body });
  return { simulation, settings, ask };
};

/** The documented limits: a call, how many of them are answered, and the milliseconds after which the next one is. */
const LIMITS: Record<string, readonly (readonly [path: string, calls: number, perMs: number])[]> = {
  ordermentum: [
    ['/v1/orders/o-1', 24, 60_000],
    ['/v2/orders', 40, 60_000],
    ['/v1/purchasers', 40, 60_000],
  ],
  ordergroove: [['/orders/', 6000, 60_000]],
  // The login was the first.
  tradecloud: [['/order/o-1', 9, 1000]],
};

for (const [name, limits] of Object.entries(LIMITS)) {
  test(`${name}: its simulator answers 429 beyond the documented limits, and no longer once the time is over`, () => {
    const platform = PLATFORMS.find((one) => one.name === name);
    assert.ok(platform);
    for (const [path, calls, perMs] of limits) {
      const clock = manualClock();
      const { simulation, settings } = createWorld(platform, { seed: 'one', baseUrl: BASE_URL, now: clock.now });
      const headers = authorized(simulation, settings);
      const ask = () => simulation.answer({ method: 'GET', path, query: {}, headers, body: '' }).status;
      const answered = Array.from({ length: calls }, ask);
      assert.ok(!answered.includes(429), path);
      assert.equal(ask(), 429, path);
      clock.advance(perMs);
      assert.notEqual(ask(), 429, path);
    }
  });
}

test('tradecloud: a newer login invalidates the token of an older one', () => {
  const { simulation, settings, ask } = platformNamed('tradecloud');
  const older = authorized(simulation, settings);
  assert.equal(ask('GET', '/order/o-1', '', older).status, 404);
  authorized(simulation, settings);
  assert.equal(ask('GET', '/order/o-1', '', older).status, 401);
});

test('ordergroove: an escaped pattern, an unknown name and an eleventh target are rejected, and no target is deleted', () => {
  const { ask } = platformNamed('ordergroove');
  const targets = '/webhooks-api/webhook_targets/';
  const made = ask('POST', targets, '{"merchant":"m","target_url":"https://dock.example"}');
  const { id } = JSON.parse(String(made.body)) as { id: string };
  for (const pattern of ['order\\\\.create', 'order.creat', '*']) {
    assert.equal(ask('POST', `${targets}${id}/filters`, `{"pattern":"${pattern}"}`).status, 400, pattern);
  }
  assert.equal(ask('POST', `${targets}${id}/filters`, '{"pattern":"order.*|item.remove"}').status, 201);
  assert.equal(ask('DELETE', `${targets}${id}`).status, 405);
  for (let count = 1; count < 10; count++) ask('POST', targets, '{"merchant":"m","target_url":"https://dock.example"}');
  assert.equal(ask('POST', targets, '{"merchant":"m","target_url":"https://dock.example"}').status, 400);
});
