import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startPostgres, startSqlite } from './engine.ts';
import { type Figures, FULL, measure, PARTS, type Part, SHORT } from './measure.ts';
import { tableOf } from './table.ts';

/**
 * `npm run bench [-- --json FILE] [--large] [--short] [--engine sqlite|postgres] [--only endToEnd,drain] [--orders N]`: the running service,
 * measured on both engines; a table on the terminal, and JSON. Figures are of this machine in this run: compare the ratios.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    large: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    engine: { type: 'string' },
    only: { type: 'string' },
    orders: { type: 'string' },
  },
});
const wanted: readonly Part[] = values.large ? [...PARTS, 'large'] : PARTS;
const parts = values.only ? wanted.filter((part) => values.only?.split(',').includes(part)) : wanted;
const extent = { ...(values.short ? SHORT : FULL), ...(values.orders ? { orders: Number(values.orders) } : {}) };
const figures: { at: string; node: string; sqlite?: Figures; postgres?: Figures } = { at: new Date().toISOString(), node: process.version };

for (const start of [startSqlite, startPostgres]) {
  const engine = await start();
  try {
    if (values.engine && values.engine !== engine.name) continue;
    for (const part of parts) {
      console.error(`${engine.name}: ${part}`);
      figures[engine.name] = { ...figures[engine.name], ...(await measure(engine, part, extent)) };
      if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
    }
    console.log(engine.name);
    console.table(tableOf(figures[engine.name] ?? {}));
  } finally {
    await engine.stop();
  }
}
