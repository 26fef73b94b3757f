import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { recordOn } from '../../docs/record-tests.ts';
import { senderIn, withoutCounts } from '../../docs/statement-sender.ts';
import { namedFunctions, statementTexts, writtenAs, writtenStatements } from '../../docs/statements.ts';
import { ENGINES } from '../support/engines.ts';

const STORE = join(import.meta.dirname, '../../src/store');

test('every recorded statement belongs to an existing function', () => {
  const named = namedFunctions();
  assert.ok(named.length > 100);
  for (const { file, name } of named) {
    const path = join(STORE, file);
    assert.ok(existsSync(path), `${file} is gone: run npm run docs:sql`);
    assert.match(readFileSync(path, 'utf8'), new RegExp(`\\b${name.replaceAll('$', '\\$')}\\b`), `${file} ${name}: run npm run docs:sql`);
  }
});

/** They send a third of all statements, in a few seconds. */
const STEADY_TESTS = ['test/monitoring/figures.test.ts', 'test/life/audit.test.ts'];

test('statements are sent as they are written down', async () => {
  const { statements } = await recordOn(ENGINES, STEADY_TESTS);
  assert.ok(statements.length > 100 * ENGINES.length);
  const written = writtenStatements();
  const stale = statements.map(writtenAs).filter((entry) => !written.has(entry));
  assert.deepEqual(stale, [], 'run npm run docs:sql');
});

test('the text of a statement does not depend on how many values its lists have', () => {
  const one = withoutCounts('insert into t (a, b)\n  values (?, ?)');
  assert.equal(one, 'insert into t (a, b)\nvalues (?, …)');
  assert.equal(withoutCounts('insert into t (a, b) values (?, ?), (?, ?), (?, ?)'), one);
  assert.equal(withoutCounts('select a from t where b in (?)'), withoutCounts('select a from t where b in (?, ?, ?)'));
});

test('a statement is attributed to the function of the store that sent it, and to none if a test sent it', () => {
  const store = 'at readOrder (file:///x/src/store/entities/list.ts:4:5)';
  assert.deepEqual(senderIn(`Error\n    ${store}\n    at run (file:///x/src/views/order.ts:1:1)`), {
    file: 'entities/list.ts',
    name: 'readOrder',
  });
  const row = 'at insertRow (file:///x/src/store/engine/rows.ts:4:5)';
  assert.deepEqual(senderIn(`Error\n    ${row}\n    ${store}`), { file: 'entities/list.ts', name: 'readOrder' });
  assert.equal(senderIn(`Error\n    at file:///x/test/a.test.ts:1:1\n    ${store}`), null);
  const texts = statementTexts([{ engine: 'sqlite', file: 'entities/list.ts', name: 'readOrder', statement: 'select 1' }]);
  assert.match(texts['sqlite/entities.sql'] ?? '', /\n-- entities\/list\.ts readOrder\nselect 1;\n$/);
});
