import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import type { Finding } from '../../src/cli/check/findings.ts';
import { checkProxy } from '../../src/cli/check/proxy.ts';
import { checkTls } from '../../src/cli/check/tls.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { openSandbox } from '../../src/sandbox/sandbox.ts';
import { readSettings, type Settings } from '../../src/settings.ts';
import { place, run } from './run.ts';

const openssl = (...words: string[]) => promisify(execFile)('openssl', words);
const levels = (findings: readonly Finding[]) => Object.fromEntries(findings.map((finding) => [finding.what, finding.level]));

async function settingsWithTls(t: test.TestContext, days: string, env: Record<string, string> = {}): Promise<Settings> {
  const { dir } = await place(t);
  const [certFile, keyFile] = [join(dir, 'tls.crt'), join(dir, 'tls.key')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-out',
    certFile,
    '-days',
    days,
    '-subj',
    '/CN=dock.example',
    '-addext',
    'subjectAltName=DNS:dock.example',
  );
  return readSettings({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, ...env }, { terminal: false });
}

test('a running sandbox passes every check', async (t) => {
  const { env } = await place(t);
  const sandbox = await openSandbox({ dataDir: env.DATA_DIR ?? '', platforms: PLATFORMS });
  t.after(() => sandbox.stop());
  const { code, out } = await run(env, 'check', '--json');
  const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Finding[] };
  assert.deepEqual(
    findings.filter((finding) => finding.level === 'failure'),
    [],
  );
  assert.equal(ok, true);
  assert.equal(code, 0);
  for (const area of ['settings', 'files', 'database', 'connections', 'proxy'])
    assert.ok(
      findings.some((finding) => finding.area === area),
      area,
    );
  for (const world of sandbox.worlds)
    assert.ok(
      findings.some((finding) => finding.what.startsWith(world.connection)),
      world.connection,
    );
});

test('credentials that a platform refuses are a failure', async (t) => {
  const { env } = await place(t);
  const sandbox = await openSandbox({ dataDir: env.DATA_DIR ?? '', platforms: PLATFORMS });
  t.after(() => sandbox.stop());
  const world = sandbox.worlds.find((one) => one.platform.name === 'ordermentum');
  const entry = { ...world?.entry, api: { ...(world?.entry.api as object), apiKey: 'another' } };
  await writeFile(env.CONNECTIONS_FILE ?? '', JSON.stringify({ connections: { shop: entry } }), { mode: 0o600 });
  const { code, out } = await run(env, 'check', '--json');
  assert.equal(code, 1);
  const failed = (JSON.parse(out).findings as Finding[]).filter((finding) => finding.level === 'failure');
  assert.deepEqual(
    failed.map((finding) => finding.what),
    ['shop: api'],
  );
});

test('a connection without credentials for webhooks and an invalid file are failures', async (t) => {
  const { env } = await place(t);
  await writeFile(env.CONNECTIONS_FILE ?? '', 'connections: { shop: { platform: ordermentum, webhook: { auth: [] } } }', { mode: 0o600 });
  assert.match((await run(env, 'check')).out, /FAIL +connections +shop: webhook +no credentials/);
  await writeFile(env.CONNECTIONS_FILE ?? '', 'connections: { shop: { platform: nobody } }', { mode: 0o600 });
  const faulty = await run(env, 'check');
  assert.equal(faulty.code, 1);
  assert.match(faulty.out, /connections\.shop\.platform: expected one of/);
});

test('a secret that others can read is a failure, with the remedy', async (t) => {
  const { env } = await place(t);
  const dataDir = env.DATA_DIR ?? '';
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'api-key'), 'k', { mode: 0o644 });
  const open = await run(env, 'check');
  assert.equal(open.code, 1);
  assert.match(open.out, /chmod 600 \S+api-key/);
  await chmod(join(dataDir, 'api-key'), 0o600);
  assert.equal((await run(env, 'check')).code, 0);
});

test('a key that can be guessed is warned about by name, but still works', async (t) => {
  const { env } = await place(t);
  const { out } = await run({ ...env, API_KEYS: 'erp:reader:k,desk:operator:0123456789abcdef0123' }, 'check', '--json');
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  assert.deepEqual(
    findings.filter(({ what }) => what.startsWith('API_KEYS')).map(({ what, level }) => [what, level]),
    [['API_KEYS: erp', 'warning']],
  );
});

test('invalid settings do not hide the errors of the connections file', async (t) => {
  const { env } = await place(t);
  await writeFile(env.CONNECTIONS_FILE ?? '', 'connections: { shop: { platform: nobody } }');
  const { code, out } = await run({ ...env, PORT: 'high' }, 'check', '--json');
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  assert.deepEqual(
    findings.map(({ level, area, text }) => [level, area, text.split(':')[0]]),
    [
      ['failure', 'settings', 'PORT'],
      ['failure', 'connections', 'connections.shop.platform'],
    ],
  );
  assert.equal(code, 1);
});

test('invalid settings are findings too', async () => {
  const { code, out } = await run({ PORT: 'high' }, 'check', '--json');
  assert.equal(code, 1);
  assert.match(JSON.parse(out).findings[0].text, /PORT/);
});

test('a self-signed certificate is rejected, as by the platforms', async (t) => {
  const findings = await checkTls(await settingsWithTls(t, '90'), new Date());
  assert.equal(levels(findings).chain, 'failure');
  assert.equal(levels(findings).key, 'ok');
  assert.match(findings.find((finding) => finding.what === 'chain')?.text ?? '', /self-signed/);
});

test('a certificate that expires soon is a warning, and an expired one a failure', async (t) => {
  const settings = await settingsWithTls(t, '10');
  assert.equal(levels(await checkTls(settings, new Date())).validity, 'warning');
  assert.equal(levels(await checkTls(settings, new Date(Date.now() + 11 * 86_400_000))).validity, 'failure');
  assert.equal(levels(await checkTls(settings, new Date(Date.now() - 2 * 86_400_000))).validity, 'failure');
});

test('a certificate for another name than that of PUBLIC_URL is a failure', async (t) => {
  const right = await settingsWithTls(t, '90', { PUBLIC_URL: 'http://dock.example' });
  assert.equal(levels(await checkTls(right, new Date())).name, 'ok');
  assert.equal(levels(await checkTls({ ...right, publicUrl: 'http://other.example' }, new Date())).name, 'failure');
});

test('a key that does not match the certificate is a failure', async (t) => {
  const [one, other] = [await settingsWithTls(t, '90'), await settingsWithTls(t, '90')];
  const mixed = { ...one, tls: { certFile: one.tls?.certFile ?? '', keyFile: other.tls?.keyFile ?? '' } };
  assert.equal(levels(await checkTls(mixed, new Date())).key, 'failure');
});

test('a PUBLIC_URL without https is a failure: platforms require HTTPS', async () => {
  const settings = readSettings({ PUBLIC_URL: 'http://dock.example' }, { terminal: false });
  assert.equal(levels(await checkTls(settings, new Date())).PUBLIC_URL, 'failure');
});

test('required HTTPS that cannot be detected is a failure, and an untrusted proxy is a warning', () => {
  const incoming = (env: Record<string, string>) => levels(checkProxy(readSettings(env, { terminal: false }), {})).incoming;
  assert.equal(incoming({ REQUIRE_HTTPS: 'true' }), 'failure');
  assert.equal(incoming({ REQUIRE_HTTPS: 'true', TRUST_PROXY: '1' }), 'ok');
  assert.equal(incoming({ PUBLIC_URL: 'https://dock.example' }), 'warning');
  assert.equal(incoming({}), 'ok');
});

test('a proxy for outgoing calls is reported as unused', () => {
  const settings = readSettings({}, { terminal: false });
  assert.equal(levels(checkProxy(settings, { HTTPS_PROXY: 'http://proxy:3128' })).outgoing, 'warning');
});
