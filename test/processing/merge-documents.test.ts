import assert from 'node:assert/strict';
import test from 'node:test';
import type { Difference } from '../../src/domain/entities/change.ts';
import type { DocumentReport, EntityReport } from '../../src/domain/entities/entity.ts';
import type { EntityState, MergeResult } from '../../src/domain/entities/entity-state.ts';
import { createTurn } from '../../src/domain/turn.ts';
import { objectAt } from '../../src/domain/values/json.ts';
import { mergeReport } from '../../src/processing/merge/merge-entity.ts';

const HEADER = { number: 'PO1', status: null, currency: null, buyer: null, supplier: null, total: null, orderedAt: null };
const CONTENT = { item: null, description: null, quantity: null, unit: null, status: null, price: null, deliverySchedule: [] };

const document = (more: Partial<DocumentReport>): DocumentReport => ({
  ...{ name: 'Plan', objectId: more.key ?? null, url: null, code: 'PLAN', revision: null, type: null, description: null },
  ...{ line: null, lastUpdatedAt: null, key: 'A' },
  ...more,
});

/** An order with one line at position 10, reported at this hour. */
const order = (hour: number, documents: DocumentReport[] | null, complete = true): EntityReport => ({
  kind: 'order',
  externalId: 'PO1',
  lastUpdatedAt: `2026-03-01T${String(hour).padStart(2, '0')}:00:00.000Z`,
  header: HEADER,
  lines: [{ externalId: 'L1', lastUpdatedAt: null, content: { position: '10', ...CONTENT }, source: {} }],
  linesComplete: complete,
  documents,
  deleted: false,
  source: null,
  sourceLines: null,
});

/** Merges the reports one after the other; returns what is stored, and the last change. */
async function merged(...reports: EntityReport[]): Promise<{ state: EntityState; diff: Difference[]; lines: string[] }> {
  let state: EntityState | null = null;
  let made = 0;
  let change: MergeResult['change'] = null;
  const turn = createTurn();
  for (const report of reports) {
    const at = '2026-03-01T23:00:00.000Z';
    ({ state, change } = await mergeReport(state, report, { connection: 'acme', platform: 'toy', at, makeId: () => `id${++made}`, turn }));
  }
  assert.ok(state);
  return { state, diff: change?.diff ?? [], lines: change?.lines ?? [] };
}

/** Each document with its state: `current`, `removed`, or the key of the one that replaced it. */
function fates(state: EntityState): Record<string, string> {
  const all = [...state.documents.values()];
  const nameOf = ({ announced: { line, key } }: (typeof all)[number]) => (line === null ? key : `${line}/${key}`);
  const fate = (one: (typeof all)[number]): string => {
    const by = all.find(({ id }) => id === one.supersededBy);
    return by ? nameOf(by) : one.removedAt === null ? 'current' : 'removed';
  };
  return Object.fromEntries(all.map((one) => [nameOf(one), fate(one)]));
}

const keysOf = (difference: Difference | undefined) => [
  difference?.path,
  objectAt(difference?.before).id ?? null,
  objectAt(difference?.after).id ?? null,
];

test('another file with the same code replaces the first, and the change names its place', async () => {
  const { state, diff, lines } = await merged(order(1, [document({ key: 'A' })]), order(2, [document({ key: 'B' })], false));
  assert.deepEqual(fates(state), { A: 'B', B: 'current' });
  assert.equal(diff.length, 1);
  assert.deepEqual(keysOf(diff[0]), ['/documents/PLAN', 'id2', 'id3']);
  assert.deepEqual(lines, []);
});

test('a document announced with another name shows the name before and after', async () => {
  const { diff } = await merged(order(1, [document({ name: 'Plan' })]), order(2, [document({ name: 'Plan, final' })]));
  assert.deepEqual(
    diff.map(({ before, after }) => [objectAt(before).name, objectAt(after).name]),
    [['Plan', 'Plan, final']],
  );
});

test('the same file on the header and on lines is one announcement each', async () => {
  const places = [document({ key: 'A' }), document({ key: 'A', line: 'L1' }), document({ key: 'A', line: 'L2' })];
  const first = await merged(order(1, []), order(2, places));
  assert.deepEqual(fates(first.state), { A: 'current', 'L1/A': 'current', 'L2/A': 'current' });
  assert.deepEqual(
    first.diff.map(({ path }) => path),
    ['/documents/PLAN', '/lines/10/documents/PLAN', '/lines/L2/documents/PLAN'],
  );
  assert.deepEqual(first.lines, ['10', 'L2']);
  const again = await merged(order(1, []), order(2, places), order(3, places));
  assert.deepEqual(again.diff, []);
  assert.ok([...again.state.documents.values()].every((one) => one.id));
});

test('a document missing from a complete report is removed, from a partial one it is not, and it returns when it is reported again', async () => {
  const [a, b] = [document({ key: 'A' }), document({ key: 'B', code: null })];
  assert.deepEqual(fates((await merged(order(1, [a, b]), order(2, [a], false))).state), { A: 'current', B: 'current' });
  assert.deepEqual(fates((await merged(order(1, [a, b]), order(2, null))).state), { A: 'current', B: 'current' });
  const removed = await merged(order(1, [a, b]), order(2, [a]));
  assert.deepEqual([fates(removed.state), keysOf(removed.diff[0])], [{ A: 'current', B: 'removed' }, ['/documents/B', 'id3', null]]);
  const back = await merged(order(1, [a, b]), order(2, [a]), order(3, [a, b]));
  assert.deepEqual([fates(back.state), keysOf(back.diff[0])], [{ A: 'current', B: 'current' }, ['/documents/B', null, 'id3']]);
  // A late one restores nothing.
  assert.deepEqual(fates((await merged(order(1, [a, b]), order(3, [a]), order(2, [a, b], false))).state), { A: 'current', B: 'removed' });
});

test('a late announcement replaces nothing, whether by its own time or by that of its report', async () => {
  const at = (hour: string) => `2026-03-01T${hour}:00:00.000Z`;
  const [old, young] = [document({ key: 'A', lastUpdatedAt: at('01') }), document({ key: 'B', lastUpdatedAt: at('02') })];
  assert.deepEqual(fates((await merged(order(1, [young]), order(2, [old], false))).state), { B: 'current' });
  assert.deepEqual(fates((await merged(order(2, [document({ key: 'B' })]), order(1, [document({ key: 'A' })], false))).state), {
    B: 'current',
  });
  const returned = await merged(order(1, [document({ key: 'A' })]), order(2, [document({ key: 'B' })]), order(3, [document({ key: 'A' })]));
  assert.deepEqual(fates(returned.state), { A: 'current', B: 'A' });
});

test('a report of documents alone counts by its time, although that is not the time of its order', async () => {
  const attached = (hour: number, documents: DocumentReport[]) => ({ ...order(hour, documents, false), header: null, lines: [] });
  const [a, b] = [document({ key: 'A' }), document({ key: 'B' })];
  const late = await merged(order(1, [a]), attached(3, [b]), order(2, [a], false));
  assert.deepEqual([fates(late.state), late.state.lastUpdatedAt], [{ A: 'B', B: 'current' }, '2026-03-01T02:00:00.000Z']);
  assert.deepEqual(
    fates((await merged(order(1, [a]), attached(3, [b]), order(2, [a]))).state),
    { A: 'B', B: 'current' },
    'complete, and late',
  );
  assert.deepEqual(fates((await merged(order(1, [a]), attached(3, [b]), order(1, [document({ key: 'C' })], false))).state), {
    A: 'B',
    B: 'current',
  });
  assert.deepEqual(fates((await merged(order(1, [a]), attached(3, [b]), order(4, [a]))).state), { A: 'current', B: 'A' });
  const untold = { ...attached(3, [b]), lastUpdatedAt: null };
  assert.deepEqual(fates((await merged(order(1, [a]), untold, order(2, [a], false))).state), { A: 'current', B: 'A' }, 'by arrival');
});

test('of two files with one code in one report the newer one counts, and reporting both again changes nothing', async () => {
  const both = [
    document({ key: 'B', lastUpdatedAt: '2026-03-01T02:00:00.000Z' }),
    document({ key: 'A', lastUpdatedAt: '2026-03-01T01:00:00.000Z' }),
  ];
  const first = await merged(order(3, both));
  assert.deepEqual(fates(first.state), { A: 'B', B: 'current' });
  const again = await merged(order(3, both), order(4, both), order(5, both.toReversed()));
  assert.deepEqual([fates(again.state), again.diff], [{ A: 'B', B: 'current' }, []]);
  const untimed = [document({ key: 'A' }), document({ key: 'B' })];
  assert.deepEqual(fates((await merged(order(3, untimed), order(4, untimed))).state), { A: 'B', B: 'current' });
});
