import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readConnections } from '../../src/connections.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { sandboxBanner } from '../../src/sandbox/banner.ts';
import { openSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { Sender } from '../../src/sandbox/sender.ts';

async function directory(t: test.TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'orderdock-sandbox-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return join(path, 'data');
}

const open = (dataDir: string): Promise<Sandbox> => openSandbox({ dataDir, platforms: PLATFORMS });

/** Accepts everything, and counts. After `most` webhooks it aborts `stop`. */
function takingSender(stop = new AbortController(), most = Number.POSITIVE_INFINITY): Sender & { taken: string[]; stop: AbortController } {
  const taken: string[] = [];
  return {
    taken,
    stop,
    counts: { sent: 0, accepted: 0, duplicates: 0, refused: 0, retries: 0, givenUp: 0 },
    async send(connection, _answers, webhook) {
      taken.push(`${connection} ${webhook.eventType}`);
      if (taken.length >= most) stop.abort();
      return { delivered: true, attempts: 1, answer: { status: 202, retryAfterMs: null, body: '' } };
    },
  };
}

const resourcesOf = (sandbox: Sandbox) => sandbox.worlds.map((world) => world.simulation.resources());

test('there is one connection for each platform, as a connections file would define it', async (t) => {
  const sandbox = await open(await directory(t));
  t.after(() => sandbox.stop());
  const connections = readConnections(sandbox.connectionsText, {}, PLATFORMS);
  assert.deepEqual(
    connections.map((connection) => connection.name),
    PLATFORMS.map((platform) => `sandbox-${platform.name}`),
  );
});

test('credentials are in files that only their owner can read', async (t) => {
  const dataDir = await directory(t);
  const sandbox = await open(dataDir);
  t.after(() => sandbox.stop());
  await sandbox.playHistory(takingSender());
  for (const name of ['sandbox.json', 'sandbox-journal.jsonl']) {
    assert.equal((await stat(join(dataDir, name))).mode & 0o777, 0o600, name);
  }
  const file = JSON.parse(await readFile(join(dataDir, 'sandbox.json'), 'utf8'));
  assert.deepEqual(
    Object.keys(file.connections),
    sandbox.worlds.map((world) => world.connection),
  );
});

test('the next start has the same credentials, the same data and the same addresses, and does not play the history again', async (t) => {
  const dataDir = await directory(t);
  const first = await open(dataDir);
  await first.playHistory(takingSender());
  first.trigger('sandbox-tradecloud', 'OrderIssuedByBuyer');
  const before = resourcesOf(first);
  await first.stop();

  const second = await open(dataDir);
  t.after(() => second.stop());
  assert.equal(second.connectionsText, first.connectionsText);
  assert.deepEqual(resourcesOf(second), before);
  const sender = takingSender();
  await second.playHistory(sender);
  assert.deepEqual(sender.taken, []);
});

test('a history that was interrupted continues where it stopped', async (t) => {
  const dataDir = await directory(t);
  const first = await open(dataDir);
  const interrupted = takingSender(undefined, 3);
  await first.playHistory(interrupted, interrupted.stop.signal);
  await first.stop();

  const second = await open(dataDir);
  t.after(() => second.stop());
  const rest = takingSender();
  await second.playHistory(rest);
  const whole = second.worlds.reduce((sum, world) => sum + world.simulation.history.length, 0);
  assert.ok(rest.taken.length > 0 && rest.taken.length < whole, 'only the rest is told');
  for (const world of second.worlds) assert.equal(world.count(), world.simulation.history.length);
});

test('an event can be triggered from outside only with the key', async (t) => {
  const dataDir = await directory(t);
  const sandbox = await open(dataDir);
  t.after(() => sandbox.stop());
  const { simulator } = JSON.parse(await readFile(join(dataDir, 'sandbox.json'), 'utf8'));
  const ask = (key: string, body: object) =>
    fetch(`${simulator.url}/_sandbox/happen`, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: JSON.stringify(body) });
  const event = { connection: 'sandbox-ordermentum', eventType: 'order_created', form: 'flat' };
  assert.equal((await ask('guessed', event)).status, 401);
  assert.equal(sandbox.worlds.find((world) => world.connection === event.connection)?.count(), 0);
  const told = await ask(simulator.key, event);
  assert.equal(told.status, 200);
  assert.equal(((await told.json()) as { webhooks: unknown[] }).webhooks.length, 1);
  assert.equal((await ask(simulator.key, { ...event, connection: 'nobody' })).status, 400);
});

test('the banner says what this is, gives lines to paste, and contains no secret', async (t) => {
  const dataDir = await directory(t);
  const sandbox = await open(dataDir);
  t.after(() => sandbox.stop());
  const banner = await sandboxBanner({
    sandbox,
    url: 'http://127.0.0.1:8080',
    dataDir,
    keyFile: join(dataDir, 'api-key'),
    workingDir: '/',
  });
  assert.match(banner, /sandbox/);
  assert.match(banner, /^curl -K \S+ --data-binary @\S+ http:\/\/127\.0\.0\.1:8080\/webhooks\/sandbox-tradecloud\/orders$/m);
  assert.match(banner, /^curl -H "Authorization: Bearer \$\(cat \S+api-key\)" http:\/\/127\.0\.0\.1:8080\/api\/v1\/changes$/m);
  assert.match(banner, /^ {2}http:\/\/127\.0\.0\.1:8080\/console\/find\?connection=sandbox-tradecloud&kind=order&externalId=\S+$/m);
  assert.match(banner, /\/api\/v1\/orders\/by-external\/sandbox-tradecloud\/\S+$/m);
  for (const secret of secretsOf(JSON.parse(sandbox.connectionsText))) assert.ok(!banner.includes(secret), 'a secret stands in it');
});

const secretsOf = (value: unknown): string[] =>
  typeof value === 'string'
    ? /^[\w-]{43}$/.test(value)
      ? [value]
      : []
    : typeof value === 'object' && value
      ? Object.values(value).flatMap(secretsOf)
      : [];
