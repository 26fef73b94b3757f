import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import pg from 'pg';
import { openDatabase } from '../../src/store/engine/database.ts';
import { freePort } from '../examples/program.ts';
import { settled, startService } from '../faults/service.ts';
import { proveAll, sendTraffic } from '../faults/traffic.ts';
import { createTestDatabase, ENGINES } from '../support/engines.ts';

const SERVER = process.env.TEST_POSTGRES_URL ?? '';
const usesPostgres = ENGINES.includes('postgres');

async function onServer(statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: `${SERVER}/postgres` });
  await client.connect();
  const { rows } = await client.query(statement).finally(() => client.end());
  return rows;
}

/** A proxy through which the server states another version. */
async function proxyAsVersion(t: TestContext, port: number, version: string): Promise<number> {
  const [row] = await onServer('show server_version_num');
  const actual = String(row?.server_version_num);
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    client.pipe(server).on('error', () => client.destroy());
    server.on('data', (bytes) => client.write(bytes.toString('latin1').replaceAll(actual, version), 'latin1'));
    server.on('close', () => client.destroy());
    client.on('error', () => server.destroy());
  });
  t.after(() => proxy.close());
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const address = proxy.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const PATH = `${process.env.PATH}${delimiter}/usr/sbin`;
const hasBouncer = PATH.split(delimiter).some((directory) => existsSync(join(directory, 'pgbouncer')));

if (usesPostgres) {
  test('a database that is not UTF-8 is rejected at start', async (t) => {
    await onServer(`create database latin encoding 'LATIN1' locale 'C' template template0`);
    t.after(() => onServer('drop database latin with (force)'));
    await assert.rejects(openDatabase(`${SERVER}/latin`), { code: 'database_encoding', message: /LATIN1/ });
  });

  test('a server that is too old is rejected at start', async (t) => {
    const { url, drop } = await createTestDatabase('postgres');
    t.after(drop);
    const old = new URL(url);
    old.port = String(await proxyAsVersion(t, Number(old.port), '130022'));
    await assert.rejects(openDatabase(old.href), { code: 'database_too_old', message: /PostgreSQL 13; 14 or newer/ });
  });

  test('everything works if the server makes every transaction serializable', async (t) => {
    const { url, drop } = await createTestDatabase('postgres');
    t.after(drop);
    await onServer(`alter database ${new URL(url).pathname.slice(1)} set default_transaction_isolation = 'serializable'`);
    const services = [await startService(t, { databaseUrl: url }), await startService(t, { databaseUrl: url })] as const;
    await proveTraffic(services);
  });

  test('everything works behind PgBouncer in transaction mode', { skip: !hasBouncer && !process.env.CI }, async (t) => {
    const { url, drop } = await createTestDatabase('postgres');
    t.after(drop);
    const pooled = await startBouncer(t, new URL(url));
    await proveTraffic([await startService(t, { databaseUrl: pooled }), await startService(t, { databaseUrl: pooled })]);
  });
}

async function proveTraffic(services: readonly [Awaited<ReturnType<typeof startService>>, Awaited<ReturnType<typeof startService>>]) {
  const [orders, events] = [6, 6];
  const traffic = sendTraffic(services, orders, events, true);
  await traffic.done;
  await settled(services[0]);
  await proveAll(services[0], traffic, orders, events);
}

/** PgBouncer with its default settings except for the mode; as root it runs as the user of the package. */
async function startBouncer(t: test.TestContext, target: URL): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-bouncer-'));
  await chmod(directory, 0o755);
  const port = await freePort();
  const name = target.pathname.slice(1);
  const password = decodeURIComponent(target.password);
  const ini = [
    '[databases]',
    `${name} = host=${target.hostname} port=${target.port} dbname=${name} user=${target.username} password=${password}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'auth_type = any',
    'pool_mode = transaction',
    'unix_socket_dir =',
  ].join('\n');
  await writeFile(join(directory, 'pgbouncer.ini'), `${ini}\n`);
  const asUser = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
  const child = spawn('pgbouncer', [...asUser, join(directory, 'pgbouncer.ini')], { env: { PATH }, stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(async () => {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });
  await new Promise<void>((up, failed) => {
    let heard = '';
    child.stderr.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes('process up')) up();
    });
    child.on('exit', () => failed(new Error(heard)));
  });
  return `postgres://${target.username}:any@127.0.0.1:${port}/${name}`;
}
