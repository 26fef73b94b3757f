import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { scratchDirectory } from './scratch.ts';

const HARNESS = join(import.meta.dirname, 'end-with-tests.ts');

/** Runs a test file of this text, and returns its exit code and everything it writes. */
function runFile(t: test.TestContext, text: string): { code: number | null; written: string } {
  const directory = mkdtempSync(join(scratchDirectory(), 'orderdock-harness-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'one.test.mjs');
  writeFileSync(path, `import { createServer } from 'node:http';\nimport test from 'node:test';\n${text}`);
  const { NODE_TEST_CONTEXT: _own, ...env } = process.env;
  const run = spawnSync(process.execPath, ['--test', '--import', HARNESS, path], {
    env: { ...env, TEST_ENDS_WITHIN_MS: '200' },
    encoding: 'utf8',
  });
  return { code: run.status, written: run.stdout + run.stderr };
}

test('a test file whose shared set-up throws after opening something fails, and says what is open', (t) => {
  const { code, written } = runFile(
    t,
    `createServer().listen(0);\ntest('one', () => {});\nsetTimeout(() => { throw new Error('no database'); });`,
  );
  assert.equal(code, 1);
  assert.match(written, /these are open: [\w, ]*TCPServerWrap/);
});

test('a test that leaves something open fails its file', (t) => {
  const { code, written } = runFile(t, `test('one', () => { createServer().listen(0); });`);
  assert.equal(code, 1);
  assert.match(written, /these are open/);
});

test('a test file that closes everything it opens passes', (t) => {
  const { code, written } = runFile(t, `test('one', async () => { const server = createServer().listen(0); server.close(); });`);
  assert.equal(code, 0, written);
});
