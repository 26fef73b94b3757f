import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { forceExitAfterTimeout } from '../../src/cli/serve.ts';
import { memoryLog } from '../support/log.ts';
import { type Place, place, run } from './run.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

interface LogLine {
  message: string;
  [field: string]: unknown;
}

interface Served {
  child: ChildProcess;
  url: string;
  /** Resolves with the log line of this event, however long ago it was written. */
  logged(message: string): Promise<LogLine>;
  /** Resolves with the exit code. */
  ended: Promise<number | null>;
  stderr(): string;
}

/** The service as a separate process; it does not outlive the test. */
async function serve(t: test.TestContext, { dir, env }: Place, more: Record<string, string> = {}): Promise<Served> {
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? '', PORT: '0', ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => void errors.push(chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line) as LogLine);
    for (const look of waiting) look();
  });
  const logged = (message: string) =>
    new Promise<LogLine>((found, fail) => {
      const look = () => {
        const at = lines.findIndex((line) => line.message === message);
        if (at < 0) return;
        waiting.delete(look);
        found(lines.splice(at, 1)[0] as LogLine);
      };
      waiting.add(look);
      look();
      void ended.then(() => fail(new Error(`it ended before it logged ${message}: ${errors.join('')}`)));
    });
  const { url } = await logged('started');
  return { child, url: String(url), logged, ended, stderr: () => errors.join('') };
}

const CONNECTIONS = 'connections: { shop: { platform: ordermentum, webhook: { auth: [ { basic: { username: u, password: p } } ] } } }';

test('without a connections file the sandbox starts: its history is played once, its lines can be pasted, and SIGTERM stops it cleanly', async (t) => {
  const here = await place(t);
  const dataDir = here.env.DATA_DIR ?? '';
  const first = await serve(t, here);
  assert.match(first.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(await readFile(join(dataDir, 'address'), 'utf8'), `${first.url}\n`);
  const history = await first.logged('sandbox_history');
  assert.ok(Number(history.accepted) > 20);
  assert.equal(Number(history.refused) + Number(history.givenUp), 0);
  assert.match(first.stderr(), /This is the sandbox/);

  const line = /^curl -K .*$/m.exec(first.stderr())?.[0] ?? '';
  assert.equal(JSON.parse(await shell(`${line} -s`, here.dir)).status, 'accepted');
  assert.equal(JSON.parse(await shell(`${line} -s`, here.dir)).status, 'duplicate');
  const feed = /^curl -H .*$/m.exec(first.stderr())?.[0] ?? '';
  assert.ok(JSON.parse(await shell(`${feed} -s`, here.dir)).data.length > 0);

  const sent = await run(here.env, 'send', 'tradecloud', 'OrderIssuedByBuyer', '--json');
  assert.equal(sent.code, 0);
  assert.equal(JSON.parse(sent.out)[0].status, 202);

  const withToken = await run(here.env, 'send', 'tradecloud', 'OrderIssuedByBuyer', '--token', '--json');
  assert.equal(JSON.parse(withToken.out)[0].status, 202, withToken.err);
  for (const name of await readdir(dataDir)) {
    const { mode } = await stat(join(dataDir, name));
    assert.equal(mode & 0o077, 0, `${name} is its owner's alone`);
  }

  first.child.kill('SIGTERM');
  assert.equal(await first.ended, 0);
  await assert.rejects(stat(join(dataDir, 'address')), 'the address goes with the service');

  const second = await serve(t, here);
  second.child.kill('SIGINT');
  assert.equal(await second.ended, 0);
  await assert.rejects(second.logged('sandbox_history'), 'no second history');
});

const shell = (line: string, cwd: string): Promise<string> =>
  new Promise((found, fail) => {
    const child = spawn('sh', ['-c', line], { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
    const parts: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => void parts.push(chunk.toString()));
    child.on('close', (code) => (code === 0 ? found(parts.join('')) : fail(new Error(`${line}: exit code ${code}`))));
  });

test('SIGHUP applies a changed connections file, and rejects an invalid one', async (t) => {
  const here = await place(t);
  const path = here.env.CONNECTIONS_FILE ?? '';
  await writeFile(path, CONNECTIONS);
  const { child, url, logged } = await serve(t, here);
  const statusOf = async (name: string) => (await fetch(`${url}/webhooks/${name}`, { method: 'POST', body: '{}' })).status;
  assert.equal(await statusOf('shop'), 401);
  assert.equal(await statusOf('other'), 404);

  await writeFile(path, CONNECTIONS.replace('shop:', 'other:'));
  child.kill('SIGHUP');
  await logged('connections_reloaded');
  assert.equal(await statusOf('other'), 401);

  await writeFile(path, 'connections: { third: { platform: nobody } }');
  child.kill('SIGHUP');
  assert.match(String((await logged('connections_refused')).reason), /connections\.third\.platform/);
  assert.equal(await statusOf('other'), 401, 'the running ones stay');
});

test('SIGHUP reads .env again; the environment itself takes precedence', async (t) => {
  const here = await place(t);
  await writeFile(
    here.env.CONNECTIONS_FILE ?? '',
    CONNECTIONS.replace('username: u, password: p', 'username: "${SHOP_USER}", password: "${SHOP_PASSWORD}"'),
  );
  const dotEnv = (password: string) => writeFile(join(here.dir, '.env'), `SHOP_USER=other\nSHOP_PASSWORD=${password}\n`);
  await dotEnv('old');
  const { child, url, logged } = await serve(t, here, { SHOP_USER: 'u' });
  const accepts = async (password: string) => {
    const Authorization = `Basic ${Buffer.from(`u:${password}`).toString('base64')}`;
    const response = await fetch(`${url}/webhooks/shop`, { method: 'POST', headers: { Authorization }, body: '{}' });
    return response.status !== 401;
  };
  assert.deepEqual([await accepts('old'), await accepts('new')], [true, false]);
  await dotEnv('new');
  child.kill('SIGHUP');
  await logged('connections_reloaded');
  assert.deepEqual([await accepts('old'), await accepts('new')], [false, true]);
});

test('a start with invalid settings reports all of them at once and exits with 1', async (t) => {
  const here = await place(t);
  await assert.rejects(serve(t, here, { PORT: 'high', RETENTION_DAYS: 'long' }), /PORT: expected.*RETENTION_DAYS: expected/s);
  await assert.rejects(serve(t, here, { NODE_ENV: 'production' }), /there is no sandbox with NODE_ENV=production/);
  await writeFile(here.env.CONNECTIONS_FILE ?? '', 'connections: { shop: { platform: nobody } }');
  await assert.rejects(
    serve(t, here, { PORT: 'high' }),
    /2 fault\(s\):\n {2}- PORT: expected.*\n {2}- connections\.shop\.platform: expected/,
  );
  await assert.rejects(serve(t, here, { CONNECTIONS_FILE: here.dir }), /- CONNECTIONS_FILE: the file cannot be read \(EISDIR\)/);
});

test('a port in use is reported in one line', async (t) => {
  const here = await place(t);
  await writeFile(here.env.CONNECTIONS_FILE ?? '', CONNECTIONS);
  const { url } = await serve(t, here);
  const beside = await place(t);
  await writeFile(beside.env.CONNECTIONS_FILE ?? '', CONNECTIONS);
  await assert.rejects(serve(t, beside, { PORT: new URL(url).port }), /orderdock: listen EADDRINUSE[^\n]*\n$/);
});

test('a worker serves health and metrics on its own port, and does not overwrite the address of the web process', async (t) => {
  const here = await place(t);
  await writeFile(here.env.CONNECTIONS_FILE ?? '', CONNECTIONS);
  const web = await serve(t, here, { ROLES: 'web' });
  const worker = await serve(t, here, { ROLES: 'worker' });
  const key = (await readFile(join(here.env.DATA_DIR ?? '', 'api-key'), 'utf8')).trim();
  const statusOf = async (path: string, headers: Record<string, string> = {}) => (await fetch(`${worker.url}${path}`, { headers })).status;
  assert.deepEqual([await statusOf('/health/live'), await statusOf('/health/ready'), await statusOf('/metrics')], [200, 200, 401]);
  assert.equal(await statusOf('/metrics', { Authorization: `Bearer ${key}` }), 200);
  assert.deepEqual([await statusOf('/webhooks/shop'), await statusOf('/console/'), await statusOf('/api/v1/orders')], [404, 404, 404]);
  worker.child.kill('SIGTERM');
  assert.equal(await worker.ended, 0);
  const address = join(here.env.DATA_DIR ?? '', 'address');
  assert.equal(await readFile(address, 'utf8'), `${web.url}\n`);
  web.child.kill('SIGTERM');
  assert.equal(await web.ended, 0);
  await assert.rejects(stat(address));
});

test('a process that does not stop in time ends with exit code 1, because something was not finished', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const exit = t.mock.method(process, 'exit', (() => {}) as unknown as typeof process.exit);
  const log = memoryLog();
  forceExitAfterTimeout(log);
  t.mock.timers.tick(9499);
  assert.equal(exit.mock.callCount(), 0);
  t.mock.timers.tick(1);
  assert.deepEqual(exit.mock.calls[0]?.arguments, [1]);
  assert.deepEqual(
    log.lines.map(({ event }) => event),
    ['stop_took_too_long'],
  );
});
