import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { readConnections, untrimmedSecrets } from '../src/connections.ts';
import { FaultySettings } from '../src/domain/errors.ts';
import { PLATFORMS } from '../src/platforms/registry.ts';
import { readSettings } from '../src/settings.ts';

const faultsOf = (text: string, env: Record<string, string> = {}): readonly string[] => {
  try {
    readConnections(text, env, PLATFORMS);
    return [];
  } catch (error) {
    assert.ok(error instanceof FaultySettings);
    return error.faults;
  }
};

test('the example file starts with one platform and one variable, and is valid with everything in it enabled', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'connections.example.yaml'), 'utf8');
  const env = Object.fromEntries(
    [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => [name, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']),
  );
  const names = (yaml: string, set: Record<string, string>) => readConnections(yaml, set, PLATFORMS).map(({ platform }) => platform.name);
  assert.deepEqual(names(text, { TRADECLOUD_WEBHOOK_PASSWORD: 'x' }), ['tradecloud']);
  // Every commented line that is YAML; prose has a capital or a space where YAML has an indented member.
  const all = text.replaceAll(/^( {2,4})# ( *(?:- |[a-z]+(?:-[a-z]+)?: ?|[a-zA-Z]+:(?: |$)).*)$/gm, '$1$2');
  assert.deepEqual(names(all, env), ['tradecloud', 'ordermentum', 'orisha', 'ordergroove', 'standard']);
});

test('all errors in the connections file are reported at once, by place, and no value is repeated', () => {
  const faults = faultsOf(`
connections:
  Bad_Name: { platform: tradecloud, webhook: { auth: [] } }
  a: { platform: nowhere }
  b: { platform: tradecloud, webhook: { auth: [ { basic: { username: u, pasword: hunter2 } } ], allowIps: [ nonsense ] } }
  c: { platform: orisha, webhook: { secret: "\${MISSING_SECRET}" } }
  d: { platform: tradecloud, webhook: { auth: [ { bearer: { token: t } } ] }, reconcile: { schedule: often } }
`);
  const text = faults.join('\n');
  assert.match(text, /connections\.Bad_Name: expected a name/);
  assert.match(text, /connections\.a\.platform: expected one of tradecloud/);
  assert.match(text, /connections\.b\.webhook\.auth\[0\].*pasword/);
  assert.match(text, /connections\.b\.webhook\.allowIps\[0\]/);
  assert.match(text, /connections\.c\.webhook\.secret: \$\{MISSING_SECRET\} is not set/);
  assert.match(text, /connections\.d\.reconcile\.schedule/);
  assert.doesNotMatch(text, /hunter2/);
});

test('a secret may be one value or a list, and is returned as a list', () => {
  const [one] = readConnections('connections: { a: { platform: orisha, webhook: { secret: x } } }', {}, PLATFORMS);
  const [two] = readConnections('connections: { a: { platform: orisha, webhook: { secret: [x, y] } } }', {}, PLATFORMS);
  assert.deepEqual((one?.settings.webhook as { secret?: string[] } | undefined)?.secret, ['x']);
  assert.deepEqual((two?.settings.webhook as { secret?: string[] } | undefined)?.secret, ['x', 'y']);
});

test('a secret in place of a name is not repeated, a misspelt name is', () => {
  const secret = 'whsec_bm90LWEtbmFtZQ';
  const entry = (webhook: string) => `connections: { a: { platform: orisha, webhook: ${webhook} } }`;
  for (const text of [
    entry(`{ secret: { "${secret}": 1 } }`),
    entry(`{ "${secret}": 1 }`),
    `${secret}: 1`,
    entry(`{ secret: *${secret} }`),
    entry(`{ secret: "${secret} }`),
    entry(`{ secret: { ${secret}: 1, ${secret}: 2 } }`),
  ]) {
    const faults = faultsOf(text).join('\n');
    assert.doesNotMatch(faults, new RegExp(secret), text);
    assert.notEqual(faults, '');
  }
  assert.match(faultsOf(entry('{ secrt: x }')).join('\n'), /unknown secrt/);
});

test('invalid YAML and a file without connections are errors', () => {
  assert.equal(faultsOf('connections: [').length, 1);
  assert.match(faultsOf('').join(), /expected connections by name, or \{\}/);
  assert.deepEqual(faultsOf('connections: {}'), []);
  assert.match(faultsOf('conections: {}').join('\n'), /conections: unknown/);
});

test('all invalid settings are reported at once, by name, with the expected values and without their own', () => {
  const env = {
    PORT: 'eighty',
    API_KEYS: 'nonsense-secret',
    ROLES: 'web,cook',
    NODE_ENV: 'production',
    CONNECTIONS_FILE: '/nowhere.yaml',
    TLS_CERT_FILE: '/none.pem',
  };
  assert.throws(
    () => readSettings(env, { terminal: false }),
    (error: FaultySettings) => {
      const text = error.faults.join('\n');
      for (const name of ['PORT', 'API_KEYS', 'ROLES', 'CONNECTIONS_FILE', 'TLS_CERT_FILE, TLS_KEY_FILE'])
        assert.match(text, new RegExp(name));
      assert.doesNotMatch(text, /nonsense-secret|eighty/);
      return true;
    },
  );
});

test('without a connections file the sandbox starts, except in production', () => {
  assert.equal(readSettings({ CONNECTIONS_FILE: '/nowhere.yaml' }, { terminal: false }).connectionsFile, null);
  assert.equal(readSettings({}, { terminal: false }).requireHttps, false);
});

test('an unset variable is one error, wherever it is used and whatever is expected there', () => {
  const faults = faultsOf(`
connections:
  a:
    platform: tradecloud
    webhook: { auth: [ { basic: { username: u, password: "\${TC}" } }, { oauth2: { issuer: "\${ISSUER}", audience: x } } ] }
    api: { baseUrl: "\${BASE}", username: u, password: "\${TC}" }
`);
  assert.equal(faults.length, 3, faults.join('\n'));
  assert.match(faults.join('\n'), /a\.webhook\.auth\[0\]\.basic\.password, connections\.a\.api\.password: \$\{TC\} is not set/);
});

test('a schedule that can never be due is an error', () => {
  const withSchedule = (schedule: string) =>
    faultsOf(`connections: { a: { platform: orisha, webhook: { secret: x }, reconcile: { schedule: "${schedule}" } } }`);
  for (const never of ['0 25 * * *', '0 0 31 2 *', 'often', '* * *', '61 * * * *']) assert.equal(withSchedule(never).length, 1, never);
  for (const due of ['*/5 * * * *', '0 0 29 2 *', '30 0 * * * *', '0 6 * * mon-fri']) assert.deepEqual(withSchedule(due), [], due);
});

test('white space around a secret is trimmed, with a warning', () => {
  const text = `connections: { a: { platform: orisha, webhook: { secret: ["\${S}", "b"] } } }`;
  const [one] = readConnections(text, { S: ' s3cret\n' }, PLATFORMS);
  assert.deepEqual((one?.settings.webhook as { secret?: string[] } | undefined)?.secret, ['s3cret', 'b']);
  assert.deepEqual(untrimmedSecrets(text, { S: ' s3cret\n' }), ['connections.a.webhook.secret[0]']);
  assert.deepEqual(untrimmedSecrets(text, { S: 's3cret' }), []);
});
