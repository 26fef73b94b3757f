import assert from 'node:assert/strict';
import test from 'node:test';
import { readConnections, withSecrets } from '../../src/connections.ts';
import type { Connection } from '../../src/platforms/contract/platform.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';

const FILE = `# our shops
connections:
  subs:
    platform: ordergroove
    webhook:
      verificationKey: "\${OLD_KEY}" # from the vault
    api: { baseUrl: "https://og.example", apiKey: k }
`;
const PATH = ['connections', 'subs', 'webhook', 'verificationKey'];
const env = { OLD_KEY: 'the-old-one' };
const keysOf = (connection: Connection | undefined) =>
  (connection?.settings.webhook as { verificationKey?: unknown } | undefined)?.verificationKey;

test('a new secret is written before the old one, which remains the reference that it was', () => {
  const text = withSecrets(FILE, PATH, ['the-new-one', 'the-old-one'], env);
  assert.match(text, /the-new-one/);
  assert.match(text, /\$\{OLD_KEY\}/);
  assert.doesNotMatch(text, /the-old-one/);
  const [connection] = readConnections(text, env, PLATFORMS);
  assert.deepEqual(keysOf(connection), ['the-new-one', 'the-old-one']);
});

test('the surrounding text stays unchanged', () => {
  const text = withSecrets(FILE, PATH, ['the-new-one'], env);
  assert.match(text, /^# our shops$/m);
  assert.match(text, /baseUrl: "https:\/\/og\.example"/);
});

test('a secret that is no longer valid is removed', () => {
  const twice = withSecrets(withSecrets(FILE, PATH, ['second', 'the-old-one'], env), PATH, ['third', 'second'], env);
  const [connection] = readConnections(twice, env, PLATFORMS);
  assert.deepEqual(keysOf(connection), ['third', 'second']);
});

test('a missing setting is added', () => {
  const text = withSecrets('connections:\n  subs:\n    platform: ordergroove\n', PATH, ['first'], env);
  assert.match(text, /verificationKey:\s*\n?\s*- first/);
});
