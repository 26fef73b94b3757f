import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureEndToEnd } from './end-to-end.ts';
import { startPostgres, startSqlite } from './engine.ts';
import { measureIntake } from './intake.ts';

/** `npm run bench [-- --json FILE] [--short]`: a table on the terminal, and JSON. Figures are of this machine in this run: compare ratios. */
const { values } = parseArgs({ options: { json: { type: 'string' }, short: { type: 'boolean', default: false } } });

const figures: Record<string, unknown> = { at: new Date().toISOString(), node: process.version };
for (const start of [startSqlite, startPostgres]) {
  const engine = await start();
  try {
    figures[engine.name] = {
      endToEnd: await measureEndToEnd(engine, values.short ? 500 : 20_000),
      intake: await measureIntake(engine, values.short ? 1 : 5, values.short ? 1 : 5),
    };
  } finally {
    await engine.stop();
  }
}
console.log(JSON.stringify(figures, null, 2));
if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
