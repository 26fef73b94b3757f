import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'docs/statements');

/** Tests that together send nearly every statement, on both engines. */
const TESTS = [
  'test/{store,processing,monitoring,reconciliation,jobs,documents,feed,life}/*.test.ts',
  'test/api/!(clients|description|throttle).test.ts',
  'test/conformance/{pipeline,waiting,circuit}.test.ts',
  'test/console/{pages,verdict,access}.test.ts',
  'test/cli/store-commands.test.ts',
  'test/faults/{dropped,clock,concurrent-notification}.test.ts',
];

/** A statement, and the function of `src/store` that sent it. */
export interface Recorded {
  engine: 'sqlite' | 'postgres';
  /** Below `src/store`. */
  file: string;
  name: string;
  statement: string;
}

/** The innermost function of the store in a stack if the store sent the statement; null for a statement of a test. */
export function senderIn(stack: string): { file: string; name: string } | null {
  const frames = stack
    .split('\n')
    .slice(1)
    .filter((line) => !/docs\/recording-database|node:internal/.test(line));
  const parsed = frames.map((line) => /at (?:async )?(?:(?:Object|Array)\.)?(?:([\w$]+) )?.*?src\/store\/([\w/-]+\.ts):/.exec(line));
  const [first] = parsed;
  if (!first) return null;
  const own = parsed.filter((frame) => frame !== null);
  const [, , file = ''] = own.find((frame) => !frame[2]?.startsWith('engine/')) ?? first;
  const name = own.find((frame) => frame[2] === file && frame[1] !== undefined && frame[1] !== 'map')?.[1] ?? '';
  return { file, name };
}

/** The statement with one line per clause, independent of the number of values in its lists. */
export const withoutCounts = (statement: string): string =>
  statement
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\?(?:, ?\?)+/g, '?, …')
    .replace(/\b(in|values) \(\?\)/g, '$1 (?, …)')
    .replace(/\((\?, …|\?)\)(?:, ?\((?:\?, …|\?)\))+/g, '($1)')
    .replace(/ (from|where|order by|group by|having|limit|values|on conflict|returning|union all|(?:left |cross )?join|set) /g, '\n$1 ');

const heading = ({ file, name }: Pick<Recorded, 'file' | 'name'>): string => `-- ${file}${name ? ` ${name}` : ''}`;

/** The texts in the repository, by path: one file per engine and folder of the store. */
export function statementTexts(recorded: readonly Recorded[]): Record<string, string> {
  const byFile = Map.groupBy(recorded, ({ engine, file }) => `${engine}/${file.split('/')[0]}.sql`);
  return Object.fromEntries(
    [...byFile].map(([path, own]) => {
      const entries = new Set(own.map((one) => `${heading(one)}\n${one.statement};\n`));
      return [path, `-- What is sent, by function of src/store: made by \`npm run docs:sql\`.\n\n${[...entries].sort().join('\n')}`];
    }),
  );
}

/** The functions that the texts name. */
export const namedFunctions = (): { file: string; name: string }[] =>
  globSync('*/*.sql', { cwd: FOLDER }).flatMap((path) =>
    [...readFileSync(join(FOLDER, path), 'utf8').matchAll(/^-- (\S+\.ts)(?: (\S+))?$/gm)].map(([, file = '', name = '']) => ({
      file,
      name,
    })),
  );

/** Runs tests, and returns what the store sent meanwhile. Throws if they fail, for example without a PostgreSQL. */
function recordTests(files: readonly string[]): Recorded[] {
  const directory = mkdtempSync(join(tmpdir(), 'orderdock-statements-'));
  const words = ['--test', '--test-timeout=300000', '--test-concurrency=3', '--import', './docs/record-statements.ts'];
  const setup = process.env.TEST_POSTGRES_URL ? [] : ['--test-global-setup=test/support/postgres.ts'];
  const { NODE_TEST_CONTEXT: _own, ...env } = process.env;
  try {
    const run = spawnSync(process.execPath, [...words, ...setup, ...files], {
      cwd: ROOT,
      env: { ...env, STATEMENTS_DIR: directory },
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`The tests fail, or no PostgreSQL can be started:\n${run.stdout.slice(-4000)}\n${run.stderr}`);
    return readdirSync(directory).flatMap((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Recorded[]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const texts = statementTexts(recordTests(TESTS.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted()));
  rmSync(FOLDER, { recursive: true, force: true });
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(join(FOLDER, path, '..'), { recursive: true });
    writeFileSync(join(FOLDER, path), text);
  }
}
