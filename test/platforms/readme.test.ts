import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { PLATFORMS } from '../../src/platforms/registry.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

for (const { name } of PLATFORMS.filter((platform) => platform.name !== 'standard')) {
  test(`${name}: every test that its README cites exists`, () => {
    const cited = [...read(`src/platforms/${name}/README.md`).matchAll(/`(test\/[\w/.-]+)` "([^"]+)"/g)].map(
      ([, file = '', title = '']) => ({
        file,
        title,
      }),
    );
    assert.ok(cited.length >= 10, 'the table is there');
    const missing = cited.filter(({ file, title }) => !existsSync(join(ROOT, file)) || !read(file).includes(title));
    assert.deepEqual(missing, []);
  });
}
