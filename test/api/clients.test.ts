import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { change, entity, insertRows } from './seed.ts';
import { READER, startApi } from './support.ts';

// Generators of API clients need another TypeScript than this project's: they are a package of their own, installed by `npm ci --prefix test/clients`.
const CLIENTS = resolve(import.meta.dirname, '../clients');
const ROOT = resolve(import.meta.dirname, '../..');
const GENERATED = join(CLIENTS, 'generated');
const skip = existsSync(join(CLIENTS, 'node_modules')) || process.env.CI ? false : 'npm ci --prefix test/clients installs the generators';

const run = (tool: string, ...words: string[]): void => {
  try {
    execFileSync(process.execPath, [join(CLIENTS, 'node_modules', tool), ...words], { cwd: CLIENTS, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    assert.fail(`${tool} ${words.join(' ')}\n${stdout}\n${stderr}`);
  }
};

interface Pulled {
  numbers: (string | null)[];
  versions: number[];
  problem: string;
}

test('clients made by openapi-typescript, hey-api and orval compile strictly and read the API', { skip }, async (t) => {
  const api = await startApi('sqlite');
  t.after(() => api.close());
  await insertRows(api.db, 'entities', [entity('o1'), entity('o2')]);
  await insertRows(api.db, 'changes', [change('o1', 1), change('o2', 1), change('o1', 2)]);
  rmSync(GENERATED, { recursive: true, force: true });
  t.after(() => rmSync(GENERATED, { recursive: true, force: true }));
  const description = join(ROOT, 'openapi/api.yaml');
  run('openapi-typescript/bin/cli.js', description, '--default-non-nullable=false', '--output', join(GENERATED, 'types.ts'));
  process.env.API_DESCRIPTION = description;
  run('@hey-api/openapi-ts/bin/run.js', '--file', 'hey-api.config.mjs');
  process.env.API_DESCRIPTION = description;
  process.env.API_BASE = `${api.url}/api/v1`;
  run('orval/dist/bin/orval.mjs', '--config', 'orval.config.mjs');
  assert.equal(
    readFileSync(join(ROOT, 'openapi/types.ts'), 'utf8'),
    readFileSync(join(GENERATED, 'types.ts'), 'utf8'),
    'stale: npm run api:types',
  );
  run('typescript/bin/tsc', '--project', CLIENTS);

  const pull = async (name: string, ...words: string[]): Promise<Pulled> => {
    const program = (await import(pathToFileURL(join(GENERATED, 'js', `${name}.js`)).href)) as {
      pull(...words: string[]): Promise<Pulled>;
    };
    return program.pull(...words);
  };
  const expected: Pulled = { numbers: ['PO1', 'PO1'], versions: [1, 1, 2], problem: 'not_found' };
  const sorted = ({ numbers, ...rest }: Pulled) => ({ numbers: numbers.toSorted(), ...rest });
  assert.deepEqual(sorted(await pull('openapi-typescript', `${api.url}/api/v1`, READER)), expected);
  assert.deepEqual(sorted(await pull('hey-api', `${api.url}/api/v1`, READER)), expected);
  assert.deepEqual(sorted(await pull('orval', READER)), expected);
});
