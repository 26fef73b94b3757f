import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Recording } from './record-tests.ts';

// Loaded before a test file (`node --import`): every database that the process opens records what store functions send. At the end of the process it
// is written into the directory STATEMENTS_DIR. The service itself knows nothing of it.

const RECORDING = pathToFileURL(join(import.meta.dirname, 'recording-database.ts')).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    const isDatabase = resolved.url.endsWith('/src/store/engine/database.ts');
    return isDatabase && context.parentURL !== RECORDING ? { ...resolved, url: RECORDING } : resolved;
  },
});

process.on('exit', () => {
  const recording: Recording = globalThis.sentByStore ?? { statements: [], functions: [] };
  writeFileSync(join(process.env.STATEMENTS_DIR ?? '', `${process.pid}.json`), JSON.stringify(recording));
});
