import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { DocumentReport, EntityReport } from '../../src/domain/entities/entity.ts';
import { type Application, applyReports } from '../../src/processing/apply-reports.ts';
import type { Sql } from '../../src/store/engine/database.ts';
import { testWithContext } from '../support/context.ts';

const NOON = '2026-03-01T12:00:00.000Z';

function orderReport(externalId: string, more: Partial<EntityReport>): Application {
  const report: EntityReport = {
    kind: 'order',
    externalId,
    lastUpdatedAt: NOON,
    header: { number: externalId, status: 'Issued', currency: null, buyer: null, supplier: null, total: null, orderedAt: null },
    lines: [],
    linesComplete: false,
    documents: null,
    deleted: false,
    source: null,
    sourceLines: null,
    ...more,
  };
  return { connection: 'toy', platform: 'toy', report, cause: { type: 'delivery', id: 'd-1', eventType: null }, receivedAt: null };
}

const documentReport = (objectId: string): DocumentReport => ({
  ...{ key: objectId, name: 'terms.pdf', objectId, url: null, code: 'terms', revision: null, type: null, description: null, line: null },
  lastUpdatedAt: null,
});

testWithContext(
  'a transaction sends every other statement before those that append to the feed, however much it writes',
  async ({ context }) => {
    const tools = { now: NOON, makeId: context.makeId };
    const first = orderReport('PO-1', { documents: [documentReport('first')] });
    await context.db.write((sql) => applyReports(sql, [first], tools));
    // More than fits into one statement, since random text cannot be packed; a replaced document; a stale report, and one with an equal time.
    const large = Array.from({ length: 300 }, (_, n) =>
      orderReport(`PO-large-${n}`, { source: { text: randomBytes(6000).toString('base64') } }),
    );
    const known = [
      orderReport('PO-1', { documents: [documentReport('second')], lastUpdatedAt: '2026-03-01T13:00:00.000Z' }),
      orderReport('PO-1', { lastUpdatedAt: '2026-03-01T11:00:00.000Z' }),
      orderReport('PO-large-0', { header: { ...(first.report.header as NonNullable<EntityReport['header']>), status: 'Confirmed' } }),
    ];
    const sent: string[] = [];
    await context.db.write((sql) => applyReports(noting(sql, sent), [...large, ...known], tools));
    const tables = sent.flatMap((statement) => /^(?:insert into|update) (\w+)/.exec(statement)?.[1] ?? []);
    assert.ok(tables.filter((table) => table === 'entities').length > 1, 'the orders take several statements');
    assert.deepEqual(tables.slice(-2), ['feed_head', 'changes']);
    assert.deepEqual(new Set(tables), new Set(['entities', 'documents', 'collisions', 'feed_head', 'changes']));
  },
);

const noting = (sql: Sql, sent: string[]): Sql => ({
  ...sql,
  all(statement, bindings) {
    sent.push(statement.trim());
    return sql.all(statement, bindings);
  },
});
