import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { PLATFORMS } from '../../src/platforms/registry.ts';

const ROOT = join(import.meta.dirname, '../../src/platforms');

/** The top-level files of every platform folder, in reading order. */
const REQUIRED = [
  'README.md',
  'index.ts',
  'settings.ts',
  'authenticate.ts',
  'identify.ts',
  'events.ts',
  'shapes.ts',
  'interpret.ts',
  'read-fetched.ts',
  'retry-policy.ts',
  'portal-guide.ts',
  'read/',
  'simulator/',
];

/** Files that only some platforms need. Everything else belongs below `read/`, `client/` or `simulator/`. */
const OPTIONAL = ['api.ts', 'lists.ts', 'webhooks.ts', 'redact.ts', 'presets.ts', 'client/'];

const SIMULATOR = ['sandbox-connection.ts', 'simulate.ts', 'world.ts'];

const listing = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));

test('every platform folder has the same top-level files, and each is registered', () => {
  const folders = listing('.').filter((name) => name.endsWith('/') && name !== 'contract/');
  assert.deepEqual(folders.sort(), PLATFORMS.map(({ name }) => `${name}/`).sort());
  for (const folder of folders) {
    const found = listing(folder);
    assert.deepEqual(
      REQUIRED.filter((name) => !found.includes(name)),
      [],
      `${folder} lacks files`,
    );
    assert.deepEqual(
      found.filter((name) => !REQUIRED.includes(name) && !OPTIONAL.includes(name)),
      [],
      `${folder} has files of its own making`,
    );
    assert.deepEqual(
      SIMULATOR.filter((name) => !listing(`${folder}simulator`).includes(name)),
      [],
      `${folder}simulator lacks files`,
    );
  }
});
