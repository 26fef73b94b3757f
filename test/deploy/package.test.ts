import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { promisify } from 'node:util';
import { changelogFaults } from '../../deploy/check-changelog.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

async function scratch(t: test.TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-package-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The base URL of a service, from the log line that says it has started. */
async function startedAt(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    if (line.includes('"message":"started"')) return String((JSON.parse(line) as { url: string }).url);
  }
  throw new Error('The service ended before it had started.');
}

test('the npm package runs where it is installed, below node_modules, without the sources', { timeout: 120_000 }, async (t) => {
  const directory = await scratch(t);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', directory], { cwd: ROOT });
  const packed = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string; files: { path: string }[] }];
  const paths = packed[0].files.map(({ path }) => path);
  assert.deepEqual(
    paths.filter((path) => /^(src|test|bench)\/|\.env$|connections\.yaml$/.test(path)),
    [],
  );
  const modules = join(directory, 'node_modules');
  await mkdir(join(modules, 'orderdock'), { recursive: true });
  await run('tar', ['-xzf', join(directory, packed[0].filename), '-C', join(modules, 'orderdock'), '--strip-components=1']);
  // What `npm install` would add: compiling sqlite3 once more would test nothing.
  await symlink(join(ROOT, 'node_modules'), join(modules, 'orderdock', 'node_modules'));
  const bin = join(modules, 'orderdock', 'dist/src/main.js');
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  assert.equal((await run(process.execPath, [bin, '--version'])).stdout.trim(), version);

  const env = { PATH: process.env.PATH ?? '', DATA_DIR: join(directory, 'data'), PORT: '0', LOG_FORMAT: 'json' };
  const service = spawn(process.execPath, [bin, 'serve'], { cwd: directory, env, stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => service.kill('SIGKILL'));
  const url = await startedAt(createInterface({ input: service.stdout }));
  assert.equal((await fetch(`${url}/health/ready`)).status, 200);
  assert.equal((await fetch(`${url}/console/assets/console.css`)).status, 200);
  service.kill('SIGTERM');
  assert.deepEqual(await once(service, 'exit'), [0, null]);
});

test('npm start ends with its parent: SIGTERM to npm stops the service and frees the port', async (t) => {
  const directory = await scratch(t);
  const env = {
    ...process.env,
    DATA_DIR: join(directory, 'data'),
    PORT: '0',
    LOG_FORMAT: 'json',
    CONNECTIONS_FILE: join(directory, 'none'),
  };
  const npm = spawn('npm', ['start', '--silent'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => npm.kill('SIGKILL'));
  const lines = createInterface({ input: npm.stdout });
  const url = new URL(await startedAt(lines));
  npm.kill('SIGTERM');
  await once(npm, 'exit');
  const socket = connect(Number(url.port), url.hostname);
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
});

test('a version is not released with an open "Unreleased" section, or without one of its own', () => {
  assert.deepEqual(changelogFaults('# Changelog\n\n## 1.2.0 - 2026-12-01\n\n- x\n', '1.2.0'), []);
  assert.equal(changelogFaults('## Unreleased\n\n## 1.2.0 - 2026-12-01\n', '1.2.0').length, 1);
  assert.equal(changelogFaults('## 1.1.0 - 2026-11-01\n', '1.2.0').length, 1);
});
