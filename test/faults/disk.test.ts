import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { ENGINES } from '../support/engines.ts';
import { until } from '../support/until.ts';
import { settled, startService } from './service.ts';
import { proveAll, sendTraffic } from './traffic.ts';

const MEGABYTES = 6;

/** A disk of a few megabytes, if this user may create one; else null. */
function smallDisk(): { path: string; unmount(): void } | null {
  const path = mkdtempSync(join(tmpdir(), 'orderdock-disk-'));
  const run = (program: string, ...words: string[]) => spawnSync(program, words, { stdio: 'ignore' }).status === 0;
  if (run('mount', '-t', 'tmpfs', '-o', `size=${MEGABYTES}m,mode=0700`, 'tmpfs', path)) {
    return {
      path,
      unmount: () => {
        run('umount', '-l', path);
        rmSync(path, { recursive: true, force: true });
      },
    };
  }
  rmSync(path, { recursive: true, force: true });
  return null;
}

const disk = ENGINES.includes('sqlite') ? smallDisk() : null;

// Without a small disk there is nothing to fill.
if (disk) {
  test('with a full disk the answer is 503 and not ready, and everything continues once there is space', async (t) => {
    t.after(disk.unmount);
    const service = await startService(t, { dataDir: join(disk.path, 'data') });
    const [orders, events] = [4, 20];
    const traffic = sendTraffic([service], orders, events);
    await until(
      'requests are answered',
      async () => traffic.answers.length,
      (count) => count >= 30,
    );
    const ballast = join(disk.path, 'ballast');
    await writeFile(ballast, Buffer.alloc(MEGABYTES * 1_048_576, 1)).catch((error: NodeJS.ErrnoException) =>
      assert.equal(error.code, 'ENOSPC'),
    );
    await until(
      'the disk is full',
      async () => traffic.answers.slice(-8).map(({ status }) => status),
      (statuses) => statuses.every((status) => status === 503),
    );
    await until(
      'the service is not ready',
      () => service.health('ready'),
      (status) => status === 503,
    );
    assert.equal(await service.health('live'), 200);
    assert.equal((await service.get('/orders')).data.length, orders, 'reading goes on');
    await rm(ballast);
    await traffic.done;
    await until(
      'the service is ready',
      () => service.health('ready'),
      (status) => status === 200,
    );
    await settled(service);
    await proveAll(service, traffic, orders, events);
  });
}
