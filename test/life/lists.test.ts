import assert from 'node:assert/strict';
import type { SimulatedRequest } from '../../src/platforms/contract/simulation.ts';
import { alive, type Body, connectionsYaml, type Life } from './support.ts';
import { lineJson, orderId, orderJson } from './tradecloud.ts';

const at = (secondsAgo: number): string => new Date(Date.now() - secondsAgo * 1000).toISOString();
const order = (number: string, when: string, quantity = '10'): string =>
  orderJson({ number, at: when, lines: [lineJson(number, { position: '0001', at: when, quantity })] });

/** A Tradecloud whose poll returns these orders, oldest first, and reports at most `cap` as their total. */
function pollOf(life: Life, rows: Map<string, { when: string; json: string }>, cap: number): void {
  const json = { 'Content-Type': 'application/json' };
  life.far.simulators.host('tc', (request: SimulatedRequest) => {
    if (request.path !== '/order-search/poll') return life.far.simulation.answer(request);
    const { filters, offset, limit } = JSON.parse(request.body) as { filters: { lastUpdatedAfter: string }; offset: number; limit: number };
    const matching = [...rows.values()].filter(({ when }) => when > filters.lastUpdatedAfter).sort((a, b) => (a.when < b.when ? -1 : 1));
    const page = matching.slice(offset, offset + limit).map((row) => row.json);
    return { status: 200, headers: json, body: `{"data":[${page.join(',')}],"total":${Math.min(cap, matching.length)}}` };
  });
}

async function reconciled(life: Life): Promise<Body> {
  const { status, body } = await life.call('POST', '/connections/acme/reconcile');
  assert.equal(status, 202, JSON.stringify(body));
  return life.until(
    'the run has ended',
    () => life.get(`/reconcile-runs/${body.id}`),
    ({ state }) => state !== 'running',
  );
}

const provenTo = async (life: Life): Promise<string | undefined> =>
  (await life.get('/connections/acme/coverage')).data.findLast(({ state }: Body) => state === 'proven')?.to;

alive(
  'a list with a capped total is read to its end; a row dated 2099 moves neither watermark nor proof, and later changes are found',
  async (life) => {
    await life.app.reload(life.connections(connectionsYaml(`${life.far.simulators.origin}/tc`)));
    const rows = new Map<string, { when: string; json: string }>();
    const put = (number: string, when: string, quantity?: string) => rows.set(number, { when, json: order(number, when, quantity) });
    for (let n = 0; n < 230; n++) put(`PL${n}`, at(600 - n));
    put('PL-FUTURE', '2099-01-01T00:00:00.000Z');
    pollOf(life, rows, 100);
    const first = await reconciled(life);
    assert.deepEqual([first.state, first.counts.applied], ['done', 231]);
    const { watermark } = await life.get('/connections/acme');
    assert.ok(JSON.stringify(watermark).includes(rows.get('PL229')?.when ?? '?'), JSON.stringify(watermark));
    assert.ok(((await provenTo(life)) ?? '9') <= new Date().toISOString());
    const [drift] = (await life.get('/drift')).data.filter(({ name }: Body) => name === 'future_time');
    assert.equal(drift.connection, 'acme');
    assert.ok((await life.get('/alerts')).data.some(({ code }: Body) => code === 'future_time'));

    put('PL7', at(0), '77');
    put('PL-FUTURE', '2099-01-01T00:00:00.000Z', '99');
    assert.equal((await reconciled(life)).counts.applied, 2);
    const held = async (number: string) => life.get(`/orders/by-external/acme/${encodeURIComponent(orderId(number))}`);
    assert.equal((await held('PL7')).lines[0].quantity, '77');
    const future = await held('PL-FUTURE');
    assert.deepEqual([future.lastUpdatedAt, future.lines[0].quantity], ['2099-01-01T00:00:00.000Z', '99']);
  },
);
