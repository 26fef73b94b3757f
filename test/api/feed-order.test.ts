import assert from 'node:assert/strict';
import { type Application, applyReports } from '../../src/processing/apply-reports.ts';
import { type Database, openDatabase } from '../../src/store/engine/database.ts';
import type { ChangeRow } from '../../src/store/feed/change-row.ts';
import { readFeed } from '../../src/store/feed/read-changes.ts';
import { createTestDatabase, testOnEngines } from '../support/engines.ts';

const ALL = { kinds: null, connections: null };
const END = '999999';

const applicationOf = (externalId: string): Application => ({
  connection: 'acme',
  platform: 'tradecloud',
  report: {
    kind: 'order',
    externalId,
    lastUpdatedAt: '2026-02-01T08:00:00.000Z',
    header: { number: externalId, status: 'Issued', currency: null, buyer: null, supplier: null, total: null, orderedAt: null },
    lines: [],
    linesComplete: false,
    documents: null,
    deleted: false,
    source: null,
    sourceLines: null,
  },
  cause: { type: 'delivery', id: `d-${externalId}`, eventType: null },
  receivedAt: null,
});

let made = 0;
const tools = { now: '2026-02-01T08:00:01.000Z', makeId: () => `id-${++made}` };

testOnEngines('the entries of a slow writer never appear before a position that has already been returned', async (_t, engine) => {
  const { url, drop } = await createTestDatabase(engine);
  const [slow, quick] = [await openDatabase(url), await openDatabase(url)];
  const gate = Promise.withResolvers<void>();
  try {
    const holding = Promise.withResolvers<void>();
    const first = slow.write(async (sql) => {
      await applyReports(sql, [applicationOf('slow')], tools);
      holding.resolve();
      await gate.promise;
    });
    await holding.promise;
    let quickIsDone = false;
    const second = quick
      .write((sql) => applyReports(sql, [applicationOf('quick')], tools))
      .then(() => {
        quickIsDone = true;
      });
    // The fast writer has every chance to become visible first: it must wait for the slow one instead.
    const seen: string[] = [];
    for (let look = 0; look < 50 && !quickIsDone; look++) {
      seen.push(...(await readFeed(quick.read, ALL, { after: '0', upTo: END, limit: 10 })).map((change) => change.externalId));
    }
    assert.deepEqual(seen, []);
    gate.resolve();
    await Promise.all([first, second]);
    const rest = await readFeed(quick.read, ALL, { after: '0', upTo: END, limit: 10 });
    assert.deepEqual(
      rest.map((change) => change.externalId),
      ['slow', 'quick'],
    );
  } finally {
    gate.resolve();
    await Promise.all([slow.close(), quick.close()]);
    await drop();
  }
});

testOnEngines(
  'with four writers, two of them slow, a reader sees every entry once, in one order without gaps, and no version is missing',
  async (_t, engine) => {
    const { url, drop } = await createTestDatabase(engine);
    const databases = await Promise.all(Array.from({ length: 4 }, () => openDatabase(url)));
    try {
      const [reader] = databases;
      assert.ok(reader);
      let writing = true;
      const writers = Promise.all(databases.map((db, writer) => writeMany(db, writer))).finally(() => {
        writing = false;
      });
      const followed: string[] = [];
      let after = '0';
      for (let last = false; !last; ) {
        last = !writing;
        const page = await readFeed(reader.read, ALL, { after, upTo: END, limit: 1000 });
        followed.push(...page.map((change) => change.cursor));
        after = page.at(-1)?.position ?? after;
      }
      await writers;
      const whole = await readFeed(reader.read, ALL, { after: '0', upTo: END, limit: 1000 });
      assert.deepEqual(
        followed,
        whole.map((change) => change.cursor),
      );
      assert.deepEqual(
        whole.map((change) => change.position),
        whole.map((_change, index) => String(index + 1)),
      );
      assertWhole(whole);
    } finally {
      await Promise.all(databases.map((db) => db.close()));
      await drop();
    }
  },
);

const ROUNDS = 12;
const SHARED = ['shared-a', 'shared-b', 'shared-c'];

/** Every transaction creates its own order and changes one that all writers change; the second and the fourth writer pause before they commit. */
async function writeMany(db: Database, writer: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const shared = SHARED[(round + writer) % SHARED.length] ?? '';
    const status = `${writer}-${round}`;
    await db.write(async (sql) => {
      await applyReports(sql, [applicationOf(`${writer}-${round}`), changeOf(shared, status)], tools);
      if (writer % 2 === 1) for (let look = 0; look < 5; look++) await readFeed(sql, ALL, { after: '0', upTo: END, limit: 1000 });
    });
  }
}

/** A report without its own time: it counts as newer than what is stored. */
function changeOf(externalId: string, status: string): Application {
  const application = applicationOf(externalId);
  const { header } = application.report;
  return { ...application, report: { ...application.report, lastUpdatedAt: null, header: header && { ...header, status } } };
}

function assertWhole(whole: readonly ChangeRow[]): void {
  const versions = new Map<string, number[]>();
  for (const { externalId, version } of whole) versions.set(externalId, [...(versions.get(externalId) ?? []), version]);
  for (const [externalId, seen] of versions) {
    const times = SHARED.includes(externalId) ? (4 * ROUNDS) / SHARED.length : 1;
    assert.deepEqual(
      seen,
      Array.from({ length: times }, (_, index) => index + 1),
      externalId,
    );
  }
  assert.equal(versions.size, 4 * ROUNDS + SHARED.length);
}
