import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { startApp } from '../../src/app.ts';
import { connectionsSchema, readConnections } from '../../src/connections.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { readSettings } from '../../src/settings.ts';
import { createTestDatabase, type Engine, testOnEngines } from '../support/engines.ts';
import { memoryLog } from '../support/log.ts';
import { toyPlatform, toyWorld } from '../support/toy-platform.ts';

const SRC = join(import.meta.dirname, '../../src');
const CONNECTIONS = `
connections:
  toy-shop:
    platform: toy
    webhook: { secret: "\${TOY_SECRET}" }
    reconcile: { schedule: false }
`;
const KEY = 'toy-reader-key-0001';

/** The whole service with one more platform in the registry, added by a folder and a line. */
async function serveToy(t: test.TestContext, engine: Engine) {
  const world = toyWorld();
  const platforms = [...PLATFORMS, toyPlatform(world)];
  const { url: databaseUrl, drop } = await createTestDatabase(engine);
  const dataDir = await mkdtemp(join(tmpdir(), 'orderdock-toy-'));
  const env = {
    ...{ PORT: '0', DATA_DIR: dataDir, DATABASE_URL: databaseUrl, API_KEYS: `erp:operator:${KEY}` },
    CONNECTIONS_FILE: join(dataDir, 'none.yaml'),
  };
  const connections = readConnections(CONNECTIONS, { TOY_SECRET: 'toy-secret' }, platforms);
  const app = await startApp(readSettings(env, { terminal: false }), connections, { log: memoryLog() });
  t.after(async () => {
    await app.stop();
    await drop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const get = async (path: string) => {
    const answer = await fetch(`${app.url}/api/v1${path}`, { headers: { authorization: `Bearer ${KEY}` } });
    assert.equal(answer.status, 200, path);
    return (await answer.json()) as { [member: string]: unknown; data: { [member: string]: unknown }[] };
  };
  const send = (event: object, secret = 'toy-secret') =>
    fetch(`${app.url}/webhooks/toy-shop`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-toy-secret': secret },
      body: JSON.stringify(event),
    });
  return { world, get, send };
}

const order = (id: string, quantity: string, second: number) => {
  const updatedAt = `2026-03-01T08:00:0${second}.000Z`;
  return { id, updatedAt, lines: [{ id: '10', quantity, updatedAt }] };
};

testOnEngines(
  'a platform in the registry is received, processed, fetched, published in the feed and shown, without any other change',
  async (t, engine) => {
    const { world, get, send } = await serveToy(t, engine);
    assert.equal((await send({ id: 'e1', type: 'order', order: order('A-1', '3.50', 1) }, 'guessed')).status, 401);
    assert.equal((await send({ id: 'e1', type: 'order', order: order('A-1', '3.50', 1) })).status, 202);
    assert.equal((await send({ id: 'e1', type: 'order', order: order('A-1', '3.50', 1) })).status, 200, 'again');
    const first = await get('/changes?wait=20');
    assert.deepEqual(
      first.data.map(({ action, externalId }) => [action, externalId]),
      [['created', 'A-1']],
    );

    world.orders.set('A-1', order('A-1', '4', 2));
    assert.equal((await send({ type: 'changed', subject: 'A-1' })).status, 202);
    const second = await get(`/changes?wait=20&after=${first.next}`);
    assert.deepEqual(second.data[0]?.diff, [{ path: '/lines/10/quantity', before: '3.50', after: '4' }]);
    const shown = await get('/orders/by-external/toy-shop/A-1');
    assert.equal(shown.platform, 'toy');
    assert.deepEqual(world.fetches, ['A-1']);

    assert.equal((await send({ id: 'e2', type: 'weather' })).status, 202, 'what it does not know is taken');
    const { data } = await get('/connections');
    assert.deepEqual(
      data.map(({ name, platform }) => [name, platform]),
      [['toy-shop', 'toy']],
    );
  },
);

test('the schema for editors includes a platform by its settings alone', () => {
  const schema = JSON.stringify(connectionsSchema([...PLATFORMS, toyPlatform(toyWorld())]));
  for (const { name } of PLATFORMS) assert.ok(schema.includes(`{"const":"${name}"}`));
  assert.ok(schema.includes('{"const":"toy"}'));
});

test('outside its folder, a platform is mentioned only in one line of the registry', async () => {
  const files = (await readdir(SRC, { recursive: true })).filter((file) => file.endsWith('.ts'));
  for (const { name } of PLATFORMS) {
    const places: string[] = [];
    for (const file of files.filter((path) => !path.startsWith(join('platforms', name)))) {
      const text = await readFile(join(SRC, file), 'utf8');
      if (text.includes(`/${name}/`)) places.push(file);
    }
    assert.deepEqual(places, [join('platforms', 'registry.ts')], name);
  }
});
