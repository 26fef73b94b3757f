import assert from 'node:assert/strict';
import test from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { run } from './run.ts';

const ground = { env: {}, workingDir: '/', out: () => {}, err: () => {}, outTerminal: false, terminal: false };
const all = (command: Command): Command[] => command.commands.flatMap((one) => [one, ...all(one)]);
const pathOf = (command: Command): string[] => (command.parent ? [...pathOf(command.parent), command.name()] : []);

for (const words of all(createProgram(ground)).map(pathOf)) {
  test(`"${words.join(' ')} --help" explains the command, with examples, and succeeds`, async () => {
    const { code, out } = await run({}, ...words, '--help');
    assert.equal(code, 0);
    assert.match(out, /^Usage: orderdock /);
    assert.match(out, /^Examples?:\n {2}(\S+=\S+ )?(orderdock|npm run) /m);
  });
}

test('all documented commands exist', () => {
  const names = createProgram(ground).commands.map((command) => command.name());
  for (const name of ['serve', 'migrate', 'check', 'send', 'deliveries', 'replay', 'reconcile', 'webhooks', 'keys', 'export']) {
    assert.ok(names.includes(name), name);
  }
});

for (const words of [
  ['nonsense'],
  ['keys', 'create'],
  ['deliveries', '--state', 'lost'],
  ['deliveries', '--limit', '0'],
  ['export', 'orders', '--format', 'xml'],
  [],
]) {
  test(`"orderdock ${words.join(' ')}" is rejected with a hint and fails`, async () => {
    const { code, err } = await run({}, ...words);
    assert.notEqual(code, 0);
    assert.match(err, /--help|Usage/);
  });
}

for (const [words, nearest] of [
  [['serv'], 'serve'],
  [['serv', '--help'], 'serve'],
  [['--help', 'chekc'], 'check'],
  [['help', 'recncile'], 'reconcile'],
  [['webhooks', 'lst'], 'webhooks list'],
  [['webhooks', 'enabel', '--help'], 'webhooks enable'],
  [['keys', 'help', 'revok'], 'keys revoke'],
] as const) {
  test(`"orderdock ${words.join(' ')}" ends with exit code 2 and suggests the nearest command`, async () => {
    const { code, out, err } = await run({}, ...words);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.ok(err.includes(`'${nearest}'`), err);
    assert.match(err, /--help/);
  });
}

test('"help" and "--help" of an existing command succeed', async () => {
  for (const words of [['help'], ['help', 'serve'], ['--help'], ['webhooks', 'help', 'list'], ['help', 'webhooks']]) {
    assert.equal((await run({}, ...words)).code, 0, words.join(' '));
  }
});

test('invalid settings are all reported at once, without their values, and fail the command', async () => {
  const { code, out, err } = await run({ PORT: 'high', API_KEYS: 'erp:boss:sesame-open', LOG_LEVEL: 'loud' }, 'deliveries');
  assert.equal(code, 1);
  assert.equal(out, '');
  for (const name of ['PORT', 'API_KEYS', 'LOG_LEVEL']) assert.match(err, new RegExp(`- ${name}: expected`));
  assert.doesNotMatch(err, /sesame/);
});
