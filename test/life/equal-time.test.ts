import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { alive, connectionsYaml, type Life } from './support.ts';

const SECRET = 'c3RhbmRhcmQtdGVzdC1zZWNyZXQtMjQtYnl0ZXM=';
const PLAIN = `
  plain:
    platform: standard
    webhook: { signature: { scheme: standard-webhooks, secret: whsec_${SECRET} } }
    entity: { kind: order, id: /data/id, updatedAt: /data/updated_at }`;

async function tell(life: Life, id: string, message: object): Promise<void> {
  const body = JSON.stringify(message);
  const seconds = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', Buffer.from(SECRET, 'base64')).update(`${id}.${seconds}.${body}`).digest('base64');
  const headers = { Authorization: '', 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
  const answer = await life.hook({ connection: 'plain', path: '', headers, body });
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  assert.equal((await life.ended(answer.body.deliveryId)).state, 'done');
}

alive(
  "if only the platform's own JSON differs, different content with an equal time is applied, and identical content is not new",
  async (life) => {
    await life.app.reload(life.connections(connectionsYaml(`${life.far.simulators.origin}/tc`, PLAIN)));
    const at = '2026-04-03T10:00:00Z';
    await tell(life, 'm1', { type: 'order.created', timestamp: at, data: { id: 'A1', updated_at: at, state: 'open' } });
    await tell(life, 'm2', { type: 'order.updated', timestamp: '2026-04-03T10:00:01Z', data: { id: 'A1', updated_at: at, state: 'open' } });
    await tell(life, 'm3', { type: 'order.updated', timestamp: '2026-04-03T10:00:02Z', data: { id: 'A1', updated_at: at, state: 'paid' } });
    const order = await life.get('/orders/by-external/plain/A1?include=source');
    assert.deepEqual([order.version, order.source.data.state], [2, 'paid']);
    assert.deepEqual(
      (await life.feed()).map(({ version, diff }) => [version, diff]),
      [
        [1, []],
        [2, [{ path: '/source/data/state', before: 'open', after: 'paid' }]],
      ],
    );
    const figures = await fetch(`${life.url}/metrics`, { headers: { Authorization: 'Bearer eye-key-0123456789' } });
    assert.match(await figures.text(), /^orderdock_collisions_total\{connection="plain"\} 1$/m);
  },
);
