import assert from 'node:assert/strict';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createSemaphore } from '../../src/http/api/semaphore.ts';
import { createGzip } from '../../src/http/api/sending/gzip-pieces.ts';
import { cutRows, type SentRow, writeRows } from '../../src/http/api/sending/row-pages.ts';

const KIB = 1024;

/** A list of rows of ten kibibytes each, numbered from 1, and the requests it received. */
function listOf(count: number) {
  const asked: { after: string; upTo: string; limit: number }[] = [];
  const sizes = Array.from({ length: count }, (_, index) => ({ position: String(index + 1), bytes: 10 * KIB }));
  const read = async (after: string, upTo: string, limit: number): Promise<SentRow[]> => {
    asked.push({ after, upTo, limit });
    return sizes
      .filter(({ position }) => Number(position) > Number(after) && Number(position) <= Number(upTo))
      .slice(0, limit)
      .map(({ position }) => ({ position, cursor: position, text: position.padEnd(10 * KIB, '.') }));
  };
  return { sizes, read, asked };
}

test('a page ends at its limit or at 4 MiB, never before its first row, and is read in parts', () => {
  const { sizes, read } = listOf(1000);
  const short = cutRows('0', sizes.slice(0, 11), 10, read);
  assert.deepEqual([short.count, short.last, short.hasMore, short.parts], [10, '10', true, ['10']]);
  const long = cutRows('0', sizes, 1000, read);
  assert.deepEqual([long.count, long.hasMore, long.parts.length, long.parts.at(-1)], [409, true, 17, '409']);
  const huge = cutRows('0', [{ position: '7', bytes: 9e6 }], 10, read);
  assert.deepEqual([huge.count, huge.hasMore, huge.parts], [1, false, ['7']]);
  assert.deepEqual(cutRows('0', [], 10, read).last, null);
});

test('rows that were prefetched for a stalled client are released and read again when it resumes: every row once, in order', async (t) => {
  const { sizes, read, asked } = listOf(60);
  const page = cutRows('0', sizes, 60, read);
  const taken = Promise.withResolvers<boolean>();
  const stalled = Promise.withResolvers<void>();
  const written: string[] = [];
  const writer = {
    write: (text: string) => {
      written.push(text);
      if (written.length !== 3) return Promise.resolve(true);
      stalled.resolve();
      return taken.promise;
    },
    end: () => {},
  };
  const whole = writeRows(writer, page, createSemaphore(1), ({ position }) => `${position} `.padEnd(10 * KIB, '.'));
  await stalled.promise;
  taken.resolve(true);
  assert.equal(await whole, true);
  const positions = written.join('').match(/\d+/g)?.map(Number);
  assert.deepEqual(
    positions,
    sizes.map(({ position }) => Number(position)),
  );
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const late = Promise.withResolvers<boolean>();
  const slow = { write: () => late.promise, end: () => {} };
  asked.length = 0;
  const going = writeRows(slow, page, createSemaphore(1), ({ text }) => text);
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  t.mock.timers.tick(100);
  late.resolve(true);
  assert.equal(await going, true);
  assert.deepEqual(asked.slice(0, 2), [
    { after: '0', upTo: '25', limit: 7 },
    { after: '2', upTo: '25', limit: 2 },
  ]);
});

test('the next rows are read while a client that keeps up is sent the previous ones', async () => {
  const { sizes, read } = listOf(100);
  const events: string[] = [];
  const noted = (after: string, upTo: string, limit: number) => {
    events.push(`read after ${after}`);
    return read(after, upTo, limit);
  };
  const writer = { write: async (text: string) => events.push(`write ${text.trim()}`) > 0, end: () => {} };
  const page = cutRows('0', sizes, 100, noted);
  assert.equal(await writeRows(writer, page, createSemaphore(2), ({ position }) => `${position} `.padEnd(16 * KIB)), true);
  assert.deepEqual(
    events.filter((event) => event.startsWith('write')),
    sizes.map(({ position }) => `write ${position}`),
  );
  // 7 rows are 64 KiB, 13 rows 128 KiB, 25 a part.
  assert.deepEqual(
    ['7', '20', '25', '50', '75'].map((after) => events.indexOf(`read after ${after}`) < events.indexOf(`write ${after}`)),
    [false, true, true, true, true],
  );
});

for (const [how, end] of [
  ['the client disconnects', 'write'],
  ['the database fails', 'read'],
] as const)
  test(`when ${how}, nothing that was read ahead stays in memory`, async () => {
    const { sizes, read } = listOf(100);
    let reads = 0;
    const failing: typeof read = (...span) => (end === 'read' && ++reads === 3 ? Promise.reject(new Error('gone')) : read(...span));
    let writes = 0;
    const writer = { write: async () => end === 'read' || ++writes < 15, end: () => {} };
    const semaphore = createSemaphore(2);
    const whole = writeRows(writer, cutRows('0', sizes, 100, failing), semaphore, ({ text }) => text);
    if (end === 'read') await assert.rejects(whole, /gone/);
    else assert.equal(await whole, false);
    await Promise.all([semaphore.enter(), semaphore.enter()]);
  });

test('writing stops when the client disconnects', async () => {
  const { sizes, read, asked } = listOf(60);
  const gone = { write: async () => false, end: () => {} };
  assert.equal(await writeRows(gone, cutRows('0', sizes, 60, read), createSemaphore(1), ({ text }) => text), false);
  assert.equal(asked.length, 1);
});

test('gzip that is written in pieces is decompressed as one text', async () => {
  const gzip = createGzip();
  const texts = ['{"data":[', 'ü'.repeat(20_000), ']}'];
  const pieces: Buffer[] = [];
  for (const text of texts) pieces.push(await gzip.piece(Buffer.from(text)));
  pieces.push(gzip.end());
  assert.equal(gunzipSync(Buffer.concat(pieces)).toString(), texts.join(''));
});
