import assert from 'node:assert/strict';
import { alive, BASIC, type Body, connectionsYaml } from './support.ts';
import { lineJson, orderId, orderJson, plainEvent } from './tradecloud.ts';

const AT = '2026-04-05T10:00:00.000Z';

alive(
  'each rejection has its status, its code and its headers, and stores nothing beyond what it must',
  async (life) => {
    const body = plainEvent('PO1', AT, 'r-1');
    const strange = { Authorization: `Basic ${Buffer.from('tradecloud:wrong').toString('base64')}` };
    const wrong = await life.hook({ body, headers: strange });
    assert.deepEqual([wrong.status, wrong.body.code], [401, 'unauthorized']);
    assert.match(wrong.headers.get('www-authenticate') ?? '', /Basic/);
    assert.match(wrong.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.equal((await life.hook({ body, headers: { Authorization: '' } })).status, 401);
    assert.equal((await life.hook({ body, connection: 'nobody' })).body.code, 'unknown_connection');
    assert.equal((await life.hook({ body, path: '/invoices' })).status, 404);
    const put = await life.hook({ method: 'PUT', body });
    assert.deepEqual([put.status, put.headers.get('allow')?.split(', ').toSorted()], [405, ['GET', 'POST']]);
    assert.equal((await life.hook({ body, headers: { 'Content-Type': 'text/csv' } })).status, 415);
    assert.equal((await life.hook({ body, headers: { 'Content-Encoding': 'br' } })).status, 415);
    assert.equal((await life.hook({ body: body.padEnd(70_000) })).status, 413);
    assert.equal((await life.hook({ method: 'GET', path: '/orders' })).status, 400, 'a notification that names nothing');
    assert.equal((await life.hook({ body, path: '/shipments', headers: { 'Content-Type': 'application/xml' } })).status, 415);
    const { data } = await life.get('/deliveries');
    assert.ok(data.every((one: Body) => one.state === 'dead' && one.error.startsWith('invalid_body')));
    assert.equal((await life.hook({ body })).status, 202);
    const { answers } = await life.until(
      'the answers are counted',
      () => life.get('/connections/acme'),
      (one: Body) => one.answers['202'] === 1,
    );
    assert.deepEqual([answers['401'], answers['405'], answers['413']], [2, 1, 1]);
  },
  { MAX_BODY_BYTES: '65536' },
);

alive(
  'if HTTPS or an address is required, other requests are rejected with 403',
  async (life) => {
    const body = plainEvent('PO1', AT, 'h-1');
    const plain = await life.hook({ body });
    assert.deepEqual([plain.status, plain.body.code], [403, 'https_required']);
    assert.equal((await life.hook({ body, headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '198.51.100.7' } })).status, 202);
    const yaml = connectionsYaml(`${life.far.simulators.origin}/tc`).replace(
      '    webhook:\n',
      '    webhook:\n      allowIps: [203.0.113.0/24]\n',
    );
    life.app.reload(life.connections(yaml));
    const outside = await life.hook({ body, headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '198.51.100.7' } });
    assert.deepEqual([outside.status, outside.body.code], [403, 'ip_not_allowed']);
    assert.equal((await life.hook({ body, headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.9' } })).status, 200);
  },
  { REQUIRE_HTTPS: 'true', TRUST_PROXY: '1' },
);

alive('changed connections apply immediately, and a removed connection is unknown', async (life) => {
  const api = `${life.far.simulators.origin}/tc`;
  const second = connectionsYaml(api).replace('acme:', 'other:').replace('open-sesame-11', 'changed-55');
  const body = plainEvent('PO1', AT, 'c-1');
  const changed = { Authorization: `Basic ${Buffer.from('tradecloud:changed-55').toString('base64')}` };
  assert.equal((await life.hook({ body, connection: 'other', headers: changed })).status, 404);
  life.app.reload(life.connections(second));
  assert.equal((await life.hook({ body, connection: 'other' })).status, 401);
  const answer = await life.hook({ body, connection: 'other', headers: changed });
  assert.equal(answer.status, 202);
  assert.equal((await life.ended(answer.body.deliveryId)).connection, 'other');
  assert.equal((await life.hook({ body })).status, 404);
  assert.deepEqual(
    (await life.get('/connections')).data.map((one: Body) => one.name),
    ['other'],
  );
  assert.throws(() => life.connections('connections: { acme: { platform: nobody } }'), /platform/);
});

alive(
  'with a backlog above its limit the answer is 503 until it has been processed',
  async (life) => {
    const ids = ['PO1', 'PO2', 'PO3', 'PO4'].map(orderId);
    life.far.simulators.setOutage(true);
    for (const id of ids) assert.equal((await life.hook({ method: 'GET', path: `/orders/${id}` })).status, 202);
    let count = 0;
    const full = await life.until(
      'the backlog is full',
      () => life.hook({ body: plainEvent('PO9', AT, `b-${++count}`) }),
      ({ status }) => status === 503,
    );
    assert.deepEqual([full.body.code, full.headers.get('retry-after')], ['backlog_full', '30']);
    assert.equal((await life.hook({ body: '{}', headers: { Authorization: '' } })).status, 401, 'a stranger is told nothing');
    for (const [at, id] of ids.entries()) {
      const number = `PO${at + 1}`;
      life.far.orders.set(id, orderJson({ number, at: AT, lines: [lineJson(number, { position: '0010', at: AT })] }));
    }
    life.far.simulators.setOutage(false);
    const taken = await life.until(
      'deliveries are accepted again',
      () => life.hook({ body: plainEvent('PO9', AT, 'b-last') }),
      ({ status }) => status === 202,
    );
    assert.equal((await life.ended(taken.body.deliveryId)).state, 'done');
    await life.until(
      'all orders are there',
      () => life.get('/orders'),
      ({ data }) => data.length === 5,
    );
  },
  { MAX_BACKLOG: '3' },
);

alive('readiness, roles and keys are separate', async (life) => {
  assert.equal((await fetch(`${life.url}/health/live`)).status, 200);
  assert.equal((await fetch(`${life.url}/health/ready`)).status, 200);
  const as = (key: string, path: string, method = 'GET') =>
    fetch(`${life.url}${path}`, { method, headers: { Authorization: key } }).then((response) => response.status);
  const reader = 'Bearer eye-key-0123456789';
  assert.deepEqual(
    [await as(reader, '/api/v1/orders'), await as(reader, '/metrics'), await as('Bearer nothing', '/api/v1/orders')],
    [200, 200, 401],
  );
  assert.equal(await as(`Basic ${Buffer.from('eye:eye-key-0123456789').toString('base64')}`, '/api/v1/changes'), 200);
  assert.deepEqual([await as(reader, '/api/v1/connections/acme/reconcile', 'POST'), await as(reader, '/api/v1/keys', 'POST')], [403, 403]);
  assert.equal(await as(BASIC, '/api/v1/orders'), 401, 'a platform is no reader');
});
