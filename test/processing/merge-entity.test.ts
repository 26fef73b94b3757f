import assert from 'node:assert/strict';
import test from 'node:test';
import type { EntityReport } from '../../src/domain/entities/entity.ts';
import { createTurn } from '../../src/domain/turn.ts';
import { mergeReport } from '../../src/processing/merge/merge-entity.ts';

const AT = '2026-04-01T10:00:00.000Z';
const LATER = '2026-04-01T11:00:00.000Z';
const occasion = { connection: 'shop', platform: 'ordermentum', at: '2026-04-02T08:00:00.000Z', makeId: () => 'made', turn: createTurn() };
const header = { number: 'N7', status: 'Placed', currency: null, buyer: null, supplier: null, total: '12.50', orderedAt: null };
const content = {
  ...{ position: null, item: null, description: 'Milk', quantity: '2', unit: null, status: null, price: null },
  deliverySchedule: [],
};

/** An order of one line, reported completely. */
const told = (more: Partial<EntityReport> = {}): EntityReport => ({
  ...{ kind: 'order', externalId: 'o-7', lastUpdatedAt: AT, header, linesComplete: true, documents: null, deleted: false },
  lines: [{ externalId: 'l-1', lastUpdatedAt: AT, content, source: {} }],
  source: { number: 'N7' },
  sourceLines: 'lineItems',
  ...more,
});

test('a deletion that still contains the whole entity keeps its content', async () => {
  const { state, change } = await mergeReport(null, told({ deleted: true }), occasion);
  assert.deepEqual([state.header.number, state.lines.size, state.deletedAt, state.version], ['N7', 1, AT, 1]);
  assert.deepEqual([change?.action, change?.lines], ['deleted', ['l-1']]);
});

test('the final content of an entity is reported together with its deletion, in one entry', async () => {
  const { state } = await mergeReport(null, told(), occasion);
  const end = told({ deleted: true, lastUpdatedAt: LATER, header: { ...header, status: 'Cancelled' } });
  const { change } = await mergeReport(state, end, occasion);
  assert.equal(change?.action, 'deleted');
  assert.deepEqual(
    change?.diff.map(({ path, after }) => [path, after]),
    [
      ['/deletedAt', LATER],
      ['/status', 'Cancelled'],
    ],
  );
  assert.equal((await mergeReport(state, end, occasion)).change, null, 'and once');
});

test('a deletion without content leaves the stored content unchanged', async () => {
  const { state } = await mergeReport(null, told(), occasion);
  const { change } = await mergeReport(
    state,
    told({ deleted: true, lastUpdatedAt: null, header: null, lines: [], source: null }),
    occasion,
  );
  assert.deepEqual([change?.action, change?.diff.length, state.header, state.deletedAt], ['deleted', 1, header, occasion.at]);
  assert.equal([...state.lines.values()][0]?.removedAt, null);
});

test('an older deletion has no effect', async () => {
  const { state } = await mergeReport(null, told({ lastUpdatedAt: LATER }), occasion);
  const { change, stale } = await mergeReport(state, told({ deleted: true }), occasion);
  assert.deepEqual([change, stale, state.deletedAt], [null, 1, null]);
});

const SECOND = '2026-04-01T10:30:00.000Z';
const renamed = (name: string, more: Partial<EntityReport> = {}) =>
  told({ header: { ...header, status: name }, lines: [], linesComplete: false, ...more });

test('an unreadable time may create, but replaces nothing that has a time', async () => {
  const unreadable = { lastUpdatedAt: null, timeUnreadable: true } as const;
  const made = (await mergeReport(null, renamed('Unknown', unreadable), occasion)).state;
  assert.deepEqual([made.header.status, made.lastUpdatedAt], ['Unknown', null]);
  await mergeReport(made, renamed('Second', unreadable), occasion);
  assert.equal(made.header.status, 'Second', 'nothing that is stored has a time: the order of arrival counts');
  await mergeReport(made, renamed('Known'), occasion);
  const late = await mergeReport(made, renamed('Late', { ...unreadable, linesComplete: true }), occasion);
  assert.deepEqual([late.change, late.stale, made.header.status], [null, 1, 'Known']);
  const gone = await mergeReport(made, told({ ...unreadable, deleted: true }), occasion);
  assert.deepEqual([gone.change, made.deletedAt], [null, null]);
});

test('a line with an unreadable time replaces no line that has one, and removes none', async () => {
  const { state } = await mergeReport(null, told(), occasion);
  const line = { externalId: 'l-1', lastUpdatedAt: null, timeUnreadable: true, content: { ...content, quantity: '9' }, source: {} };
  await mergeReport(state, told({ lastUpdatedAt: LATER, lines: [line] }), occasion);
  assert.equal(state.lines.get('l-1')?.content.quantity, '2');
  await mergeReport(state, told({ lastUpdatedAt: null, timeUnreadable: true, lines: [] }), occasion);
  assert.equal(state.lines.get('l-1')?.removedAt, null);
});

test('a time in the future is stored as reported and compared by its arrival', async () => {
  const future = { lastUpdatedAt: '2099-01-01T00:00:00.000Z', comparedAt: SECOND };
  const { state } = await mergeReport(null, renamed('Future', future), occasion);
  assert.deepEqual([state.lastUpdatedAt, state.comparedAt], [future.lastUpdatedAt, SECOND]);
  assert.equal((await mergeReport(state, renamed('Older'), occasion)).stale, 1);
  await mergeReport(state, renamed('Newer', { lastUpdatedAt: LATER }), occasion);
  assert.deepEqual([state.header.status, state.lastUpdatedAt, state.comparedAt], ['Newer', LATER, null]);
  await mergeReport(state, told({ deleted: true, ...future, comparedAt: '2026-04-01T12:00:00.000Z' }), occasion);
  assert.equal(state.deletedAt, occasion.at);
  await mergeReport(state, renamed('Back', { lastUpdatedAt: '2026-04-03T00:00:00.000Z' }), occasion);
  assert.deepEqual([state.deletedAt, state.header.status], [null, 'Back']);
});

test('of two times in one millisecond the finer fraction decides', async () => {
  const at = (fraction: string) => ({ lastUpdatedAt: '2026-04-01T10:00:00.100Z', comparedAt: `2026-04-01T10:00:00.100${fraction}` });
  const { state } = await mergeReport(null, renamed('Newer', at('9')), occasion);
  assert.equal((await mergeReport(state, renamed('Older', at('2')), occasion)).stale, 1);
  assert.equal((await mergeReport(state, renamed('Coarse', { lastUpdatedAt: '2026-04-01T10:00:00.100Z' }), occasion)).stale, 1);
  await mergeReport(state, renamed('Newest', { lastUpdatedAt: '2026-04-01T10:00:00.101Z' }), occasion);
  assert.equal(state.header.status, 'Newest');
});

test('with equal times two messages, or two fetched responses, are compared completely; a message and a response by what both contain', async () => {
  const with_ = (form: 'event' | 'fetch', source: EntityReport['source']) => renamed('Same', { form, source });
  const paths = async (held: EntityReport, next: EntityReport) => {
    const { state } = await mergeReport(null, held, occasion);
    const { change, collisions } = await mergeReport(state, next, occasion);
    assert.equal(collisions, change === null ? 0 : 1);
    return change?.diff.map(({ path }) => path) ?? [];
  };
  const [plain, noted] = [
    { id: 1, extra: { a: 1 } },
    { id: 1, extra: { a: 1 }, note: 'ring twice' },
  ];
  assert.deepEqual(await paths(with_('event', plain), with_('event', noted)), ['/source/note']);
  assert.deepEqual(await paths(with_('fetch', noted), with_('fetch', plain)), ['/source/note']);
  assert.deepEqual(await paths(with_('event', plain), with_('fetch', noted)), []);
  assert.deepEqual(await paths(with_('event', noted), with_('fetch', { ...noted, note: 'come in', more: true })), ['/source/note']);
  assert.deepEqual(
    await paths(with_('event', plain), with_('event', { ...plain, lines: ['x'] })),
    ['/source/lines'].slice(1),
    'lines have rules of their own',
  );
  const record = (source: EntityReport['source']) => ({ ...with_('event', source), kind: 'item' as const, sourceLines: null });
  assert.deepEqual(
    await paths(record(plain), record({ ...plain, lines: ['x'] })),
    ['/source/lines'],
    'where nothing reads them they are content',
  );
  const versioned = (version: number, messageId: string) => with_('event', { ...plain, version, meta: { messageId, channel: version } });
  assert.deepEqual(await paths(versioned(1, 'm1'), versioned(2, 'm2')), ['/source/version', '/source/meta/channel']);
  assert.deepEqual(await paths(versioned(1, 'm1'), versioned(1, 'm2')), [], 'the same content in another message');
  const row = { ...with_('event', noted), form: 'list' as const };
  assert.deepEqual(await paths(row, with_('fetch', plain)), [], 'rows and answers are shaped differently');
  // Messages write a time as seconds and an amount as text where responses use a date and a number.
  const [message, answer] = [
    { created: 1767261600, price: '1.50', live: true },
    { created: '2026-01-01 05:00:00', price: 1.5, live: 'true' },
  ];
  assert.deepEqual(await paths(with_('event', message), with_('fetch', answer)), []);
});

test('a line that differs only in its own JSON is a change with an equal time, too', async () => {
  const line = (note: string) => ({ externalId: 'l-1', lastUpdatedAt: AT, content, source: { note } });
  const { state } = await mergeReport(null, told({ form: 'event', lines: [line('a')] }), occasion);
  const { change } = await mergeReport(state, told({ form: 'event', lines: [line('b')] }), occasion);
  assert.deepEqual([change?.lines, change?.diff.map(({ path }) => path)], [['l-1'], ['/lines/l-1/source/note']]);
});
