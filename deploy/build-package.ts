import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

/** Files next to the code that the program reads at run time, at the same place in the compiled tree. */
const ASSETS = ['openapi/api.yaml', 'src/http/console/assets', 'package.json'];

/**
 * Compiles the program into `dist/`, only for the npm package: a checkout runs its TypeScript directly, but Node does not strip types below
 * `node_modules` (nodejs.org/api/typescript.html, read 2026-11).
 */
rmSync(DIST, { recursive: true, force: true });
execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--project', join(ROOT, 'deploy/tsconfig.json')], {
  stdio: 'inherit',
});
for (const asset of ASSETS) cpSync(join(ROOT, asset), join(DIST, asset), { recursive: true });
chmodSync(join(DIST, 'src/main.js'), 0o755);
