import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureIntake } from './intake.ts';
import { measureWork } from './work.ts';

/** `npm run bench [-- --json FILE] [-- --quick]`: a table on the terminal, and JSON. Figures are of this machine in this run: compare ratios. */
const { values } = parseArgs({ options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } } });
const quick = values.quick === true;

const intake = await measureIntake(quick ? 1 : 5, quick ? 3 : 6);
const work = await measureWork(quick ? 5000 : 100_000);
const figures = { at: new Date().toISOString(), node: process.version, intake, work };

console.table([
  {
    what: 'baseline: an Express handler that parses and stores nothing',
    figure: intake.baselinePerSecond,
    unit: 'requests/s',
    p99: `${intake.baselineP99Ms} ms`,
  },
  {
    what: 'intake: authenticated, deduplicated, committed and synced',
    figure: intake.intakePerSecond,
    unit: 'requests/s',
    p99: `${intake.intakeP99Ms} ms`,
  },
  {
    what: 'intake / baseline (median of the rounds)',
    figure: intake.ratio,
    unit: 'ratio',
    p99: `${(intake.intakeP99Ms / intake.baselineP99Ms).toFixed(2)} x`,
  },
  { what: 'intake: refused or failed', figure: intake.refused, unit: 'requests', p99: '' },
  { what: `work: ${work.deliveries} deliveries to rows and feed`, figure: work.workedPerSecond, unit: 'deliveries/s', p99: '' },
  {
    what: 'feed: pages of 1,000 over HTTP',
    figure: work.feedChangesPerSecond,
    unit: 'changes/s',
    p99: `${work.feedMemoryBeforeMb} → ${work.feedMemoryAfterMb} MB`,
  },
]);
if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
