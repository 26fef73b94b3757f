import assert from 'node:assert/strict';
import test from 'node:test';
import { generatedDocuments, isFresh } from '../docs/make.ts';

for (const [path, text] of Object.entries(generatedDocuments())) {
  test(`${path} is what the code makes of it (npm run docs)`, () => {
    assert.ok(isFresh(path, text), `${path} is stale: run npm run docs`);
  });
}
