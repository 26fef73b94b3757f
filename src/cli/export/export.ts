import { Argument, type Command, Option } from 'commander';
import { readIsoTime } from '../../domain/values/time.ts';
import { findPosition, locate, readFeedCursor } from '../../feed/find-position.ts';
import type { Sql } from '../../store/engine/database.ts';
import { listEntities, listEntitySizes } from '../../store/entities/list.ts';
import { readFeedTexts } from '../../store/feed/read-changes.ts';
import { readFeedSizes } from '../../store/feed/read-sizes.ts';
import { CHANGE_COLUMNS, changeObject } from '../../views/change.ts';
import { toCsv } from '../../views/csv.ts';
import { viewEntities } from '../../views/entity.ts';
import { countOnPage } from '../../views/page-size.ts';
import { withContext } from '../open.ts';
import { type CliRuntime, CommandFailed, createProgress } from '../runtime.ts';
import { type ExportSink, openSink } from './sink.ts';

const WHAT = ['orders', 'shipments', 'changes'] as const;
type What = (typeof WHAT)[number];

interface Options {
  format: 'csv' | 'jsonl';
  output?: string;
  force?: true;
  connection?: string;
  status?: string;
  updatedAfter?: string;
  after?: string;
  include?: 'source';
  json?: true;
}

/** A page of rows that has been read; `position` is where the next page starts. */
interface Page {
  rows: object[];
  /** The rows as JSON texts. */
  texts: string[];
  position: string;
  isLast: boolean;
}

type ReadPage = (sql: Sql, position: string) => Promise<Page>;

/** Most rows of a page. */
const PAGE_ROWS = 500;

export function addExport(program: Command, runtime: CliRuntime): void {
  program
    .command('export')
    .description('Export all orders, shipments or changes of the feed as CSV or JSON lines.')
    .addArgument(new Argument('<what>', 'what to export').choices(WHAT))
    .addOption(new Option('--format <format>', 'csv (one row per order line) or jsonl').choices(['csv', 'jsonl']).default('jsonl'))
    .option('--output <file>', 'output file; default: standard output. After an interruption, the same command continues where it stopped')
    .option('--force', 'start over and overwrite an existing file')
    .option('--connection <name>', 'only this connection')
    .option('--status <status>', 'orders and shipments: only those with this status')
    .option('--updated-after <time>', 'orders and shipments: only those changed after this time')
    .option('--after <cursor>', 'changes: only those after this cursor')
    .addOption(new Option('--include <part>', "orders and shipments as jsonl: include the platform's own JSON").choices(['source']))
    .option('--json', 'report at the end, as JSON on standard error, how many rows were written and where the next export starts')
    .addHelpText(
      'after',
      '\nExamples:\n  orderdock export orders --format csv --output orders.csv\n  orderdock export changes --after 1200 > changes.jsonl\n  orderdock export shipments --connection acme-tradecloud --format csv',
    )
    .action((what: What, options: Options) => exportAll(runtime, what, options));
}

/** Refuses options without effect on this export: ignored, they would leave a file that is not what was asked for. */
function refuseOptionsWithoutEffect(what: What, { format, status, updatedAfter, after, include }: Options): void {
  const ofEntities = { '--status': status, '--updated-after': updatedAfter, '--include': include };
  const without = what === 'changes' ? ofEntities : { '--after': after, ...(format === 'csv' ? { '--include': include } : {}) };
  const [given] = Object.entries(without).find(([, value]) => value !== undefined) ?? [];
  if (given) throw new CommandFailed(`${given} has no effect on an export of ${what} as ${format}: see --help.`);
}

async function exportAll(runtime: CliRuntime, what: What, options: Options): Promise<void> {
  refuseOptionsWithoutEffect(what, options);
  const reader = what === 'changes' ? changesReader(options) : entitiesReader(what, options);
  const request = JSON.stringify([
    what,
    options.format,
    options.connection,
    options.status,
    options.updatedAfter,
    options.after,
    options.include,
  ]);
  const sink = await openSink(runtime, { path: options.output ?? null, force: options.force === true, request });
  const progress = createProgress(runtime);
  try {
    const end = await withContext(runtime, (context) =>
      copy(context.db.read, reader, sink, what, options, (rows) => progress.show(`${rows} ${what}`)),
    );
    await sink.finish();
    progress.clear();
    reportEnd(runtime, what, options, end);
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

async function copy(
  sql: Sql,
  read: ReadPage,
  sink: ExportSink,
  what: What,
  options: Options,
  show: (rows: number) => void,
): Promise<{ rows: number; position: string }> {
  let { position, rows } = sink.from ?? { position: '0', rows: 0 };
  if (what === 'changes' && !sink.from) position = (await findPosition(sql, options.after ?? null)).cursor;
  for (;;) {
    const page = await read(sql, position);
    position = page.rows.length > 0 ? page.position : position;
    rows += page.rows.length;
    await sink.write(textOf(page, what, options, !sink.started()), { position, rows });
    show(rows);
    if (page.isLast) return { rows, position };
  }
}

function textOf(page: Page, what: What, options: Options, first: boolean): string {
  if (options.format === 'jsonl') return page.texts.map((text) => `${text}\n`).join('');
  const csv = what === 'changes' ? toCsv(page.rows, CHANGE_COLUMNS) : toCsv(page.rows.flatMap(lineRows), LINE_COLUMNS);
  return first ? csv : csv.slice(csv.indexOf('\r\n') + 2);
}

function changesReader({ connection }: Options): ReadPage {
  const filter = { kinds: null, connections: connection === undefined ? null : [connection] };
  return async (sql, position) => {
    const { at, latest } = await locate(sql, readFeedCursor(position));
    const range = { after: at.position, upTo: latest.position };
    const sizes = await readFeedSizes(sql, filter, { ...range, limit: PAGE_ROWS + 1 }, { state: false, entity: false });
    const count = countOnPage(sizes, PAGE_ROWS);
    const rows = await readFeedTexts(sql, filter, { ...range, limit: count });
    return {
      rows: rows.map(changeObject),
      texts: rows.map(({ text }) => text),
      position: rows.at(-1)?.cursor ?? position,
      isLast: count === sizes.length,
    };
  };
}

function entitiesReader(what: 'orders' | 'shipments', options: Options): ReadPage {
  const updatedAfter = options.updatedAfter === undefined ? null : readIsoTime(options.updatedAfter);
  if (options.updatedAfter !== undefined && updatedAfter === null) throw new CommandFailed('--updated-after: expected an ISO 8601 time.');
  const filter = {
    ids: null,
    kinds: [what === 'orders' ? ('order' as const) : ('shipment' as const)],
    connection: options.connection ?? null,
    status: options.status ?? null,
    number: null,
    updatedAfter,
  };
  const source = options.include === 'source';
  const parts = { lines: true, documents: true, source };
  return async (sql, position) => {
    const after = Number(position);
    const sizes = await listEntitySizes(sql, filter, { after, limit: PAGE_ROWS + 1 }, parts);
    const count = countOnPage(sizes, PAGE_ROWS);
    const found = await listEntities(sql, filter, { after, limit: count, withSource: source });
    const rows = await viewEntities(sql, found, parts);
    const isLast = count === sizes.length;
    return { rows, texts: rows.map((row) => JSON.stringify(row)), position: String(found.at(-1)?.seq ?? position), isLast };
  };
}

const HEAD = [
  'id',
  'connection',
  'platform',
  'externalId',
  'number',
  'status',
  'currency',
  'buyer.id',
  'buyer.name',
  'supplier.id',
  'supplier.name',
];
const REST = ['total', 'orderedAt', 'lastUpdatedAt', 'version', 'deletedAt'];
const LINE = ['externalId', 'position', 'item.number', 'item.name', 'item.supplierNumber', 'description', 'quantity', 'unit', 'status'];
const LINE_REST = [
  'price.net',
  'price.gross',
  'price.currency',
  'price.unit',
  'price.per',
  'deliverySchedule',
  'lastUpdatedAt',
  'removedAt',
];
const LINE_COLUMNS = [...HEAD, ...REST, ...[...LINE, ...LINE_REST].map((name) => `line.${name}`)];

/** One row per line, repeating the header; an entity without lines is one row. */
function lineRows(entity: object): object[] {
  const lines: object[] = 'lines' in entity && Array.isArray(entity.lines) ? entity.lines : [];
  return lines.length === 0 ? [entity] : lines.map((line) => ({ ...entity, line }));
}

function reportEnd(runtime: CliRuntime, what: What, options: Options, end: { rows: number; position: string }): void {
  const next = what === 'changes' ? { next: end.position } : {};
  const said = `${end.rows} ${what} written to ${options.output}.${what === 'changes' ? ` Later ones: --after ${end.position}` : ''}`;
  if (options.json) runtime.err(`${JSON.stringify({ what, rows: end.rows, ...next })}\n`);
  else if (options.output !== undefined) runtime.err(`${said}\n`);
}
