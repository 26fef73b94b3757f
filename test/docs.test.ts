import assert from 'node:assert/strict';
import test from 'node:test';
import { generatedDocuments, isFresh } from '../docs/make.ts';

for (const [path, text] of Object.entries(generatedDocuments())) {
  test(`${path} is up to date (npm run docs)`, () => {
    assert.ok(isFresh(path, text), `${path} is stale: run npm run docs`);
  });
}
