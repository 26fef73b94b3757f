import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openDatabase } from '../../src/store/engine/database.ts';
import { change, entity, insertRows } from '../api/seed.ts';
import { place, run } from './run.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const ENTRIES = 3000;
/** Of a megabyte each. */
const ROWS = 60;
/** The reader's work between two reads from the pipe. */
const TURNS = 5000;

test('an export into a pipe is complete, however slowly it is read', async (t) => {
  const { dir, env } = await place(t);
  assert.equal((await run(env, 'migrate')).code, 0);
  const db = await openDatabase(`sqlite:${join(dir, 'data', 'orderdock.db')}`);
  await insertRows(db, 'entities', [entity('o1')]);
  const diff = JSON.stringify([{ path: '/status', before: null, after: 'x'.repeat(300) }]);
  await insertRows(
    db,
    'changes',
    Array.from({ length: ENTRIES }, (_, n) => change('o1', n + 1, { diff })),
  );
  await db.close();

  const child = spawn(process.execPath, [MAIN, 'export', 'changes'], { env: { PATH: process.env.PATH ?? '', ...env }, stdio: 'pipe' });
  const ended = once(child, 'exit');
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk;
    for (let turn = 0; turn < TURNS; turn++) await nextTurn();
  }
  const [code] = await ended;
  const lines = text.trimEnd().split('\n');
  assert.deepEqual([code, lines.length, JSON.parse(lines.at(-1) ?? '').version], [0, ENTRIES, ENTRIES]);
});

test('an export has little in memory, however large its rows are', async (t) => {
  const { dir, env } = await place(t);
  assert.equal((await run(env, 'migrate')).code, 0);
  const db = await openDatabase(`sqlite:${join(dir, 'data', 'orderdock.db')}`);
  const diff = JSON.stringify([{ path: '/status', before: null, after: 'x'.repeat(1_000_000) }]);
  const lines = JSON.stringify(Array.from({ length: 2000 }, (_, n) => [`+-${n}`, [String(n), null, 'x'.repeat(100)]]));
  for (let n = 0; n < ROWS; n++) {
    await insertRows(db, 'entities', [entity(`o${n}`, { lines, line_count: 2000 })]);
    await insertRows(db, 'changes', [change(`o${n}`, 1, { diff })]);
  }
  await db.close();
  for (const what of ['changes', 'orders']) {
    const environment = { PATH: process.env.PATH ?? '', ...env, NODE_OPTIONS: '--max-old-space-size=80' };
    const child = spawn(process.execPath, [MAIN, 'export', what], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(child, 'exit');
    let count = 0;
    for await (const chunk of child.stdout) count += (chunk as Buffer).toString('latin1').split('\n').length - 1;
    assert.deepEqual([what, ...(await ended), count], [what, 0, null, ROWS]);
  }
});
