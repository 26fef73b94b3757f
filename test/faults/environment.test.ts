import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { isGone, processName } from '../../src/domain/values/process-name.ts';
import { BASIC } from '../life/support.ts';
import { ENGINES } from '../support/engines.ts';
import { until } from '../support/until.ts';
import { NO_API, startService } from './service.ts';
import { eventOf } from './traffic.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

if (ENGINES.includes('sqlite')) {
  for (const [what, take] of [
    ['removed', (path: string) => rm(path)],
    ['replaced', (path: string) => copyFile(path, `${path}.copy`).then(() => rename(`${path}.copy`, path))],
  ] as const) {
    test(`with its SQLite file ${what} while it runs, the service accepts nothing more and reports store_gone`, async (t) => {
      const service = await startService(t);
      assert.equal((await service.post(eventOf(0, 1))).status, 202);
      await take(join(service.dataDir, 'orderdock.db'));
      const response = await fetch(`${service.url}/webhooks/acme/orders`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: BASIC },
        body: eventOf(0, 2),
      });
      const statuses = await Promise.all(Array.from({ length: 8 }, (_, event) => service.post(eventOf(1, event + 1))));
      assert.equal(response.status, 503);
      assert.equal(((await response.json()) as { code: string }).code, 'store_gone');
      assert.deepEqual(new Set(statuses.map(({ status }) => status)), new Set([503]));
      assert.equal(await service.health('ready'), 503);
      assert.equal(await service.health('live'), 200);
    });
  }
}

test('a closed log pipe does not end the service', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-pipe-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'connections.yaml'), NO_API);
  const env = {
    PATH: process.env.PATH ?? '',
    PORT: '0',
    DATA_DIR: join(directory, 'data'),
    CONNECTIONS_FILE: join(directory, 'connections.yaml'),
  };
  const child = spawn(process.execPath, [MAIN, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const address = await until(
    'the service has written its address',
    () => readFile(join(directory, 'data', 'address'), 'utf8').catch(() => ''),
    (text) => text.endsWith('\n'),
  );
  child.stdout.destroy();
  child.stderr.destroy();
  // Each rejected request is a log line.
  for (let count = 0; count < 5; count++) {
    const response = await fetch(`${address.trim()}/webhooks/acme/orders`, {
      method: 'POST',
      headers: { Authorization: 'Basic bm86bm8=' },
      body: '{}',
    });
    assert.equal(response.status, 401);
  }
  assert.equal((await fetch(`${address.trim()}/health/live`)).status, 200);
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});

test('a process that has exited but was not reaped by its parent counts as gone', { skip: process.platform !== 'linux' }, async (t) => {
  // The shell's child exits immediately; the shell becomes a program that never waits for it.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => parent.kill('SIGKILL'));
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(chunk.toString());
  await until(
    'the process is gone',
    async () => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone) Z'),
    (stat) => stat.split(') ').at(-1)?.startsWith('Z') === true,
  );
  assert.equal(isGone(processName('here', pid, 'a'), processName('here', process.pid, 'b')), true);
  assert.equal(isGone(processName('here', parent.pid ?? 0, 'a'), processName('here', process.pid, 'b')), false);
  assert.equal(isGone(processName('elsewhere', pid, 'a'), processName('here', process.pid, 'b')), false);
});
