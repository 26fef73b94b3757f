import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { parse } from 'yaml';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { openSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { type Place, place, run } from './run.ts';

/** The simulated platforms, and a connections file that refers to them as to real ones. */
async function stage(t: test.TestContext): Promise<Place & { sandbox: Sandbox }> {
  const here = await place(t);
  const sandbox = await openSandbox({ dataDir: here.env.DATA_DIR ?? '', platforms: PLATFORMS });
  t.after(() => sandbox.stop());
  const file = { connections: Object.fromEntries(sandbox.worlds.map((world) => [world.platform.name, world.entry])) };
  await writeFile(here.env.CONNECTIONS_FILE ?? '', JSON.stringify(file), { mode: 0o600 });
  return { ...here, env: { ...here.env, PUBLIC_URL: 'https://dock.example' }, sandbox };
}

test('a webhook is registered, reported as expected, updated and deleted', async (t) => {
  const { env } = await stage(t);
  const list = async () => JSON.parse((await run(env, 'webhooks', 'list', 'ordermentum', '--json')).out);
  assert.deepEqual((await list()).differences, [
    'https://dock.example/webhooks/ordermentum is not registered. orderdock webhooks register ordermentum',
  ]);

  const registered = await run(env, 'webhooks', 'register', 'ordermentum', '--json');
  assert.equal(registered.code, 0, registered.err);
  const { id } = JSON.parse(registered.out);
  assert.deepEqual((await list()).differences, []);

  assert.equal((await run(env, 'webhooks', 'update', 'ordermentum', id, '--events', 'order_created')).code, 0);
  assert.match((await list()).differences.join(), /^Not registered: .*order_updated/);

  assert.equal((await run(env, 'webhooks', 'delete', 'ordermentum', id)).code, 0);
  assert.deepEqual((await list()).registered, []);
});

test('a platform that limits our calls is reported with how long to wait', async (t) => {
  const server = createServer((_request, response) => response.writeHead(429, { 'Retry-After': '40' }).end('{}'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const { env } = await place(t);
  const entry = {
    platform: 'ordermentum',
    webhook: { auth: [{ header: { name: 'X-Connector-Token', value: 'a-token-of-the-test' } }] },
    api: { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: 'k', supplierId: 's' },
  };
  await writeFile(env.CONNECTIONS_FILE ?? '', JSON.stringify({ connections: { fresh: entry } }), { mode: 0o600 });
  const { code, err } = await run(env, 'webhooks', 'list', 'fresh');
  assert.equal(code, 1);
  assert.match(err, /429.*\. Try again in 40 s\./);
});

test('a signing key that is shown once is written into the connections file, and never printed', async (t) => {
  const { env } = await stage(t);
  const path = env.CONNECTIONS_FILE ?? '';
  const keys = async () => parse(await readFile(path, 'utf8')).connections.ordergroove.webhook.verificationKey;
  const registered = await run(env, 'webhooks', 'register', 'ordergroove', '--json');
  assert.equal(registered.code, 0, registered.err);
  const before: string[] = await keys();
  const { id } = JSON.parse(registered.out);
  const rotated = await run(env, 'webhooks', 'rotate', 'ordergroove', String(id), '--json');
  assert.equal(rotated.code, 0, rotated.err);
  const after: string[] = await keys();
  assert.ok(after.length >= 2, 'the new one beside the old one');
  assert.ok(after.some((key) => before.includes(key)));
  assert.ok(!before.includes(after[0] ?? ''), 'the newest first');
  for (const key of after)
    for (const text of [registered.out, registered.err, rotated.out, rotated.err]) assert.ok(!text.includes(key), 'a key was shown');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('each verb works if the platform supports it, and otherwise explains what to do instead', async (t) => {
  const { env } = await stage(t);
  const webhooks = async (verb: string, connection: string, ...words: string[]) => {
    const { code, out, err } = await run(env, 'webhooks', verb, connection, ...words, '--json');
    return { code, err, answer: out === '' ? null : JSON.parse(out) };
  };
  for (const connection of ['ordergroove', 'ordermentum', 'orisha']) {
    const registered = await webhooks('register', connection);
    assert.equal(registered.code, 0, registered.err);
    const { id } = registered.answer;
    const listed = await webhooks('list', connection);
    assert.deepEqual(listed.answer.differences, [], connection);
    const verbs: string[] = listed.answer.verbs;
    for (const verb of ['update', 'disable', 'enable', 'rotate', 'delete']) {
      const { code, err, answer } = await webhooks(verb, connection, String(id));
      assert.equal(code, verbs.includes(verb) ? 0 : 1, `${connection} ${verb}: ${err}`);
      if (code === 1) assert.match(err, /delete|portal|webhook\.auth/, `${connection} ${verb}`);
      if (verb === 'disable' && code === 0) {
        assert.equal(answer.enabled, false);
        const differences = (await webhooks('list', connection)).answer.differences;
        assert.deepEqual(differences, [`${id} is disabled. orderdock webhooks enable ${connection} ${id}`]);
      }
    }
  }
});

test('a group of events may be separated by spaces or commas, and statistics are listed as the platform reports them', async (t) => {
  const { env } = await stage(t);
  for (const events of [['order.*,item.remove'], ['order.*', 'item.remove'], ['order.*, item.remove']]) {
    const { code, out, err } = await run(env, 'webhooks', 'register', 'ordergroove', '--json', '--events', ...events);
    assert.equal(code, 0, err);
    assert.ok(JSON.parse(out).events.includes('order.reminder'));
  }
  const list = (await run(env, 'webhooks', 'list', 'ordergroove')).out;
  assert.match(list, /FAILED +SUCCESSFUL +SUCCESSFUL_RETRIES +PENDING_DELIVERY/);
  const refused = await run(env, 'webhooks', 'register', 'ordergroove', '--events', 'order.creat');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /Unknown event type "order\.creat"/);
});

test('a fourth webhook of an administration is rejected, and a reset secret is stored before the old ones', async (t) => {
  const { env } = await stage(t);
  const path = env.CONNECTIONS_FILE ?? '';
  const secrets = async (): Promise<string[]> => parse(await readFile(path, 'utf8')).connections.orisha.webhook.secret;
  const before = await secrets();
  const outputs: string[] = [];
  for (let count = 1; count <= 3; count++) {
    const { code, out, err } = await run(env, 'webhooks', 'register', 'orisha', '--json');
    assert.equal(code, 0, err);
    outputs.push(out, err);
  }
  const fourth = await run(env, 'webhooks', 'register', 'orisha');
  assert.equal(fourth.code, 1);
  assert.match(fourth.err, /3 are allowed/);
  const registered = await secrets();
  assert.equal(registered.length, before.length + 3);
  const rotated = await run(env, 'webhooks', 'rotate', 'orisha', JSON.parse(outputs[0] ?? '').id);
  assert.equal(rotated.code, 0, rotated.err);
  assert.deepEqual((await secrets()).slice(1), registered);
  for (const secret of await secrets()) assert.ok(![...outputs, rotated.out, rotated.err].join('').includes(secret), 'a secret was shown');
});

test('without a management API the values for the portal are printed, without secrets', async (t) => {
  const { env, sandbox } = await stage(t);
  for (const name of ['tradecloud', 'standard']) {
    const { code, out } = await run(env, 'webhooks', 'list', name);
    assert.equal(code, 0);
    assert.ok(out.includes(`https://dock.example/webhooks/${name}`));
    const webhook = JSON.stringify(sandbox.worlds.find((world) => world.platform.name === name)?.entry.webhook);
    for (const [secret] of webhook.matchAll(/[\w-]{43}/g)) assert.ok(!out.includes(secret), 'a secret was printed');
    const register = await run(env, 'webhooks', 'register', name);
    assert.equal(register.code, 1);
    assert.match(register.err, /Enter this in the portal/);
  }
});

test('registering requires a public address and an existing connection', async (t) => {
  const { env } = await stage(t);
  const { PUBLIC_URL: _url, ...nowhere } = env;
  assert.match((await run(nowhere, 'webhooks', 'register', 'ordermentum')).err, /PUBLIC_URL/);
  const unknown = await run(env, 'webhooks', 'list', 'nobody');
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /There is no connection nobody\. Known connections: tradecloud/);
});

test('reconciling applies what no delivery had reported, and a second run finds nothing', async (t) => {
  const { env, sandbox } = await stage(t);
  sandbox.trigger('sandbox-ordermentum', 'order_created');
  const first = await run(env, 'reconcile', 'ordermentum', '--json');
  assert.equal(first.code, 0, first.err);
  const run1 = JSON.parse(first.out);
  assert.equal(run1.state, 'done');
  assert.ok(run1.counts.applied >= 1);
  const orders = (await run(env, 'export', 'orders')).out.trimEnd().split('\n');
  assert.equal(JSON.parse(orders[0] ?? '{}').connection, 'ordermentum');

  const second = JSON.parse((await run(env, 'reconcile', 'ordermentum', '--json')).out);
  assert.equal(second.counts.applied, 0);
  assert.equal(JSON.parse((await run(env, 'reconcile', 'ordermentum', '--since', '2020-01-01', '--json')).out).state, 'done');
});

test('reconciling fails with the reason if there is nothing to compare with', async (t) => {
  const { env } = await stage(t);
  const { code, err } = await run(env, 'reconcile', 'standard');
  assert.equal(code, 1);
  assert.match(err, /no API configured/);
  assert.equal((await run(env, 'reconcile', 'ordermentum', '--since', 'yesterday')).code, 1);
});

test('a sample for a real connection is generated, signed with its credentials, and posted to the given address', async (t) => {
  const { env, sandbox } = await stage(t);
  const seen: Record<string, string>[] = [];
  sandbox.simulators.host('webhooks', (request) => {
    seen.push(request.headers);
    return { status: 202, body: '{}' };
  });
  const sent = await run(env, 'send', 'ordermentum', 'order_created', '--url', sandbox.simulators.origin, '--json');
  assert.equal(sent.code, 0, sent.err);
  assert.match(seen[0]?.authorization ?? '', /^Basic /);
  assert.equal((await run(env, 'send', 'nobody', 'order_created')).code, 1);
  assert.equal((await run(env, 'send', 'ordermentum', 'order_created', '--url', 'http://127.0.0.1:1')).code, 1);
});

test('a sample without a connection says where it looked for one', async (t) => {
  const { env } = await stage(t);
  await writeFile(env.CONNECTIONS_FILE ?? '', '{"connections":{}}', { mode: 0o600 });
  const { code, err } = await run(env, 'send', 'tradecloud', 'OrderIssuedByBuyer');
  assert.equal(code, 1);
  assert.match(err, /There is no connection of the platform tradecloud in \S+/);
});

test('if only clients of the token endpoint are accepted, a sample first logs in there', async (t) => {
  const { env, sandbox } = await stage(t);
  const clients = [{ id: 'tradecloud', secret: 'client-secret-7' }];
  const file = { connections: { tc: { platform: 'tradecloud', webhook: { auth: [{ oauth2: { clients } }] } } } };
  await writeFile(env.CONNECTIONS_FILE ?? '', JSON.stringify(file), { mode: 0o600 });
  const seen: string[] = [];
  sandbox.simulators.host('oauth', ({ headers }) => {
    seen.push(Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString());
    return { status: 200, body: '{"access_token":"fresh-token","token_type":"Bearer"}' };
  });
  sandbox.simulators.host('webhooks', ({ headers }) => {
    seen.push(headers.authorization ?? '');
    return { status: 202, body: '{}' };
  });
  const sent = await run(env, 'send', 'tradecloud', 'OrderIssuedByBuyer', '--url', sandbox.simulators.origin);
  assert.equal(sent.code, 0, sent.err);
  assert.match(
    sent.out,
    /^OrderIssuedByBuyer, order \S+: accepted \(202\)\n {2}POST http\S+\n {2}http\S+\/console\/find\?connection=tc&kind=order&externalId=\S+$/m,
  );
  assert.deepEqual(seen, ['tradecloud:client-secret-7', 'Bearer fresh-token']);
});
