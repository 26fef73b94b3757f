import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import type { DemoResult } from '../../src/sandbox/demo/conclude.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

test('after losses, repeats, rows dated 2099, an outage, a kill and a restored backup, service and platforms are equal, and a reader has booked every change once', {
  timeout: 290_000,
}, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'orderdock-demo-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const env = { PATH: process.env.PATH ?? '', DATA_DIR: dir, CONNECTIONS_FILE: join(dir, 'none.yaml') };
  // The exit code says the same; its findings are more helpful in a failure.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, 'demo', '--seconds', '8', '--json'], {
    env,
    maxBuffer: 64e6,
  }).catch((error: { stdout: string; stderr: string }) => error);
  assert.ok(stdout !== '', stderr);
  const result = JSON.parse(stdout) as DemoResult;
  assert.deepEqual(result.comparison.differences, []);
  assert.deepEqual(result.unexplained, []);
  assert.deepEqual(result.unproven, []);
  assert.deepEqual(result.unflagged, []);
  assert.ok(result.futureRows >= 3, 'rows dated 2099');
  assert.equal(result.violations, 0);
  assert.equal(result.serviceExitCode, 0);
  const { kills, outages, restores } = result;
  assert.deepEqual({ kills, outages, restores }, { kills: 1, outages: 1, restores: 1 });
  assert.deepEqual(result.misbooked, []);
  assert.ok(result.reader.diverged >= 1, 'the reader met the restored feed');
  assert.ok(result.reader.skipped > 0, 'what came again was skipped');
  assert.ok(result.reader.lost > 0, 'something booked was taken back');
  assert.ok(
    Object.values(result.comparison.equal).every((count) => count > 0),
    'something happened on every platform',
  );
  assert.equal(result.ok, true);
});
