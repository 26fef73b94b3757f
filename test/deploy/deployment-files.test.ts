import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { VARIABLES } from '../../src/settings.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DEPLOY = join(ROOT, 'deploy');
const run = promisify(execFile);
const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');

/** The tools are Debian's: CI must install them; elsewhere the test says what is missing. */
const skipWithout = (tool: string): string | false => {
  const found = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].some((directory) => existsSync(join(directory, tool)));
  return found || process.env.CI ? false : `${tool} is not installed`;
};

async function scratch(t: test.TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-deploy-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('nginx accepts the configuration', { skip: skipWithout('nginx') }, async (t) => {
  const directory = await scratch(t);
  const subject = ['-subj', '/CN=orders.example.com', '-days', '2'];
  const files = ['-keyout', join(directory, 'privkey.pem'), '-out', join(directory, 'fullchain.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files], { stdio: 'ignore' });
  const site = read('nginx.conf')
    .replaceAll(/orderdock-[12]:8080/g, '127.0.0.1:8080')
    .replaceAll('/etc/nginx/tls', directory);
  await writeFile(join(directory, 'site.conf'), site);
  const main = `pid ${directory}/nginx.pid; error_log stderr; events {} http { access_log off; include ${directory}/site.conf; }`;
  await writeFile(join(directory, 'nginx.conf'), main);
  const path = `${process.env.PATH}${delimiter}/usr/sbin`;
  const { stderr } = await run('nginx', ['-t', '-c', join(directory, 'nginx.conf')], { env: { PATH: path } });
  assert.match(stderr, /test is successful/);
});

test('Caddy accepts the configuration', { skip: skipWithout('caddy') }, async (t) => {
  const env = { PATH: process.env.PATH ?? '', HOME: await scratch(t) };
  await run('caddy', ['validate', '--adapter', 'caddyfile', '--config', join(DEPLOY, 'Caddyfile')], { env });
});

test('Prometheus accepts the alert rules', { skip: skipWithout('promtool') }, async () => {
  const { stdout } = await run('promtool', ['check', 'rules', join(DEPLOY, 'prometheus-rules.yaml')]);
  assert.match(stdout, /SUCCESS: \d+ rules found/);
});

test('systemd accepts the unit', { skip: skipWithout('systemd-analyze') }, async (t) => {
  const unit = join(await scratch(t), 'orderdock.service');
  // Only the program's path differs between machines.
  await writeFile(unit, read('orderdock.service').replace('/usr/bin/node', process.execPath));
  const { stderr } = await run('systemd-analyze', ['verify', '--man=no', unit]);
  assert.equal(stderr.includes('orderdock.service:'), false, stderr);
});

test('rules and dashboard use metrics that exist', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const text = sources.map((path) => readFileSync(join(ROOT, 'src', path), 'utf8')).join('\n');
  const asked = [...`${read('prometheus-rules.yaml')}\n${read('grafana/orderdock.json')}`.matchAll(/orderdock_[a-z_]+/g)];
  const names = new Set(asked.map(([name]) => name.replace(/_bucket$/, '')));
  assert.ok(names.size > 8);
  assert.deepEqual(
    [...names].filter((name) => !text.includes(`'${name}'`)),
    [],
  );
});

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

test('the Kubernetes manifests are consistent: names, labels, ports and probes', () => {
  const manifests = parseAllDocuments(read('kubernetes/orderdock.yaml')).map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS() as Manifest;
  });
  assert.deepEqual(
    manifests.map(({ kind }) => kind),
    ['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Service', 'Ingress'],
  );
  const text = read('kubernetes/orderdock.yaml');
  assert.match(text, /livenessProbe:\n\s+httpGet: \{ path: \/health\/live/);
  assert.match(text, /readinessProbe:\n\s+httpGet: \{ path: \/health\/ready/);
  assert.match(text, /runAsNonRoot: true/);
  assert.ok(parse(manifests[0]?.data?.['connections.yaml'] ?? '').connections.shop);
});

test('compose, unit and image set only variables that the service reads', () => {
  const known = new Set([...Object.keys(VARIABLES), 'NODE_ENV', 'POSTGRES_PASSWORD', 'SHOP_WEBHOOK_SECRET']);
  const compose = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, { environment?: Record<string, string> }> };
  const inUnit = [...read('orderdock.service').matchAll(/(?:^Environment=|(?<=^Environment=.*) )([A-Z_]+)=/gm)].map(
    ([, name]) => name ?? '',
  );
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const inImage = [...dockerfile.matchAll(/^ENV (.+)$/gm)].flatMap(([, line]) =>
    (line ?? '').split(' ').map((pair) => pair.split('=')[0] ?? ''),
  );
  const inExample = [...read('orderdock.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name ?? '');
  const inCompose = Object.keys(compose.services['orderdock-1']?.environment ?? {});
  assert.deepEqual(
    [...inUnit, ...inImage, ...inExample, ...inCompose].filter((name) => /^[A-Z]/.test(name) && !known.has(name)),
    [],
  );
});
