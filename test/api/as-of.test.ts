import assert from 'node:assert/strict';
import type { EntityReport, LineReport } from '../../src/domain/entities/entity.ts';
import { applyReports } from '../../src/processing/apply-reports.ts';
import { content } from './seed.ts';
import { testWithApi } from './support.ts';

const header = (status: string) => ({ number: 'PO7', status, currency: 'EUR', buyer: null, supplier: null, total: null, orderedAt: null });

const line = (externalId: string, quantity: string, at: string): LineReport => ({
  externalId,
  lastUpdatedAt: at,
  content: content(externalId, quantity),
  source: { quantity },
});

const report = (at: string, changed: Partial<EntityReport>): EntityReport => ({
  kind: 'order',
  externalId: 'b-PO7',
  lastUpdatedAt: at,
  header: header('Issued'),
  lines: [],
  linesComplete: false,
  documents: null,
  deleted: false,
  source: null,
  sourceLines: null,
  ...changed,
});

const HISTORY = [
  report('2026-02-01T00:00:00.000Z', {
    lines: [line('0001', '10', '2026-02-01T00:00:00.000Z'), line('0002', '5', '2026-02-01T00:00:00.000Z')],
  }),
  report('2026-02-02T00:00:00.000Z', { lines: [line('0001', '8', '2026-02-02T00:00:00.000Z')] }),
  report('2026-02-03T00:00:00.000Z', { header: header('Confirmed') }),
  report('2026-02-04T00:00:00.000Z', {
    header: header('Confirmed'),
    lines: [line('0002', '5', '2026-02-01T00:00:00.000Z')],
    linesComplete: true,
  }),
  report('2026-02-05T00:00:00.000Z', { deleted: true, header: null }),
];

testWithApi('an order as of any feed position equals what was returned at that time', async (api) => {
  const then: { cursor: string; order: object }[] = [];
  let ids = 0;
  for (const [step, one] of HISTORY.entries()) {
    const cause = { type: 'delivery' as const, id: `d${step}`, eventType: null };
    const tools = { now: `2026-02-1${step}T00:00:00.000Z`, makeId: () => `id${++ids}` };
    await api.db.write((sql) =>
      applyReports(sql, [{ connection: 'acme', platform: 'tradecloud', report: one, cause, receivedAt: null }], tools),
    );
    const { next } = (await api.get('/changes')).json;
    then.push({ cursor: next, order: (await api.get('/orders/by-external/acme/b-PO7')).json });
  }
  assert.equal(new Set(then.map(({ cursor }) => cursor)).size, HISTORY.length);
  for (const { cursor, order } of then) {
    assert.deepEqual((await api.get(`/orders/by-external/acme/b-PO7?asOf=${cursor}`)).json, order, `at ${cursor}`);
  }
  for (const [step, { order }] of then.entries()) {
    const shown = await api.get(`/orders/by-external/acme/b-PO7?asOf=2026-02-1${step}T18:00:00%2B01:00`);
    assert.deepEqual(shown.json, order, `on day ${step}`);
  }
  assert.equal((await api.get('/orders/by-external/acme/b-PO7?asOf=2026-02-09')).status, 404);
  assert.equal((await api.get('/orders/by-external/acme/b-PO7?asOf=yesterday')).status, 400);
});
