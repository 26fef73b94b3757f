import assert from 'node:assert/strict';
import { alive, BASIC, type Body, connectionsYaml, type Hook } from './support.ts';
import { plainEvent } from './tradecloud.ts';

const SHOP = `
  shop:
    platform: standard
    preset: shopify
    webhook: { signature: { secret: shop-secret-55 }, allowIps: ["127.0.0.1", "::1", "203.0.113.0/24"] }
    entity: { kind: order, id: /id }`;

const SIGNED = { Authorization: '', 'X-Shopify-Hmac-SHA256': 'eA==' };
const WRONG = { Authorization: `Basic ${Buffer.from('tradecloud:guessed').toString('base64')}` };
const BODY = plainEvent('PO1', '2026-04-05T10:00:00.000Z', 's-1');
const LARGE = BODY.padEnd(70_000);

/** Everything that is answered before the credentials of a request are accepted. */
const REQUESTS: readonly (Hook & { status: number })[] = [
  { status: 401, body: BODY, headers: WRONG },
  { status: 401, body: LARGE, headers: WRONG },
  { status: 404, body: BODY, headers: WRONG, path: '/invoices' },
  { status: 405, method: 'PUT', body: BODY, headers: WRONG },
  { status: 404, body: BODY, headers: { Authorization: '' }, path: '/invoices' },
  { status: 405, method: 'PUT', body: BODY, headers: { Authorization: '' } },
  { status: 401, connection: 'shop', path: '', body: BODY, headers: SIGNED },
  { status: 413, connection: 'shop', path: '', body: LARGE, headers: SIGNED },
  { status: 415, connection: 'shop', path: '', body: BODY, headers: { ...SIGNED, 'Content-Encoding': 'br' } },
  { status: 403, connection: 'shop', path: '', body: BODY, headers: { ...SIGNED, 'X-Forwarded-For': '198.51.100.7' } },
];

alive(
  'requests of a stranger open no alert except webhooks_rejected, count as no failure and do not affect coverage',
  async (life) => {
    await life.app.reload(life.connections(connectionsYaml(`${life.far.simulators.origin}/tc`, SHOP)));
    for (const { status, ...request } of REQUESTS)
      for (let n = 0; n < 6; n++) assert.equal((await life.hook(request)).status, status, JSON.stringify([status, request.path]));
    const alerts = await life.until(
      'the alerts are open',
      async () => (await life.get('/alerts?state=open')).data,
      ({ length }) => length >= 2,
    );
    assert.deepEqual(alerts.map(({ code, connection }: Body) => `${code} ${connection}`).toSorted(), [
      'webhooks_rejected acme',
      'webhooks_rejected shop',
    ]);
    for (const name of ['acme', 'shop']) {
      const { failureBudget } = await life.get(`/connections/${name}`);
      assert.deepEqual([failureBudget.consecutiveFailures, failureBudget.usedPercent], [0, 0]);
      const { data } = await life.get(`/connections/${name}/coverage`);
      assert.deepEqual(
        data.filter(({ state }: Body) => state === 'unproven'),
        [],
      );
    }
    const listed = (await life.get('/connections/shop/rejections')).data;
    assert.deepEqual([...new Set(listed.map((one: Body) => one.status))].toSorted(), [401, 403, 413, 415]);
    assert.ok(listed.every(({ credential }: Body) => credential === 'x-shopify-hmac-sha256 of 4 characters'));
    // The sender itself: its failures count.
    for (let n = 0; n < 2; n++) assert.equal((await life.hook({ body: LARGE, headers: { Authorization: BASIC } })).status, 413);
    assert.equal((await life.get('/connections/acme')).failureBudget.consecutiveFailures, 2);
    await life.until(
      'the alert of large bodies is open',
      async () => (await life.get('/alerts?state=open')).data.map(({ code }: Body) => code),
      (codes: string[]) => codes.includes('body_too_large'),
    );
  },
  { MAX_BODY_BYTES: '65536', TRUST_PROXY: '1' },
);

alive('requests that name no connection share one log line, except those with credentials', async (life) => {
  for (let n = 0; n < 5; n++) {
    assert.equal((await life.hook({ body: BODY, connection: `guess-${n}`, headers: { Authorization: '' } })).status, 404);
  }
  assert.equal((await life.hook({ body: BODY, connection: 'guess', headers: WRONG })).status, 404);
  const line = await life.until(
    'the requests are counted in the log',
    async () => life.log.lines.find(({ event }) => event === 'webhooks_without_credentials'),
    (found) => found !== undefined,
  );
  assert.equal(line?.fields.connection, null);
  const refused = life.log.lines.filter(({ event }) => event === 'webhook_refused');
  assert.deepEqual(
    refused.map(({ fields }) => fields.code),
    ['unknown_connection'],
  );
});
