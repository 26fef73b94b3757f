import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { alertRemedy } from '../../src/domain/alert-remedies.ts';

const ROOT = resolve(import.meta.dirname, '../..');

test('every alert that is opened or closed is in docs/operating.md, and no others are', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(ROOT, 'src', path), 'utf8'));
  const opened = sources
    .flatMap((text) => text.split(/alerts\.open\(\{|\): Alert => /).slice(1))
    .flatMap((text) => /code: '([a-z_]+)'/.exec(text.slice(0, 200))?.[1] ?? []);
  const closed = sources.flatMap((text) => [...text.matchAll(/alerts\.close\('([a-z_]+)'/g)].map((match) => match[1] ?? ''));
  const documented = [
    ...readFileSync(join(ROOT, 'docs/operating.md'), 'utf8').matchAll(/^\| `([a-z_]+)` \| (?:info|warning|critical)/gm),
  ].map((match) => match[1] ?? '');
  const codes = [...new Set([...opened, ...closed])].sort();
  assert.ok(codes.length >= 10);
  assert.deepEqual(documented.toSorted(), codes);
  for (const code of codes) assert.doesNotMatch(alertRemedy(code), /See docs\/operating\.md for/, `${code} says what mends it`);
});
