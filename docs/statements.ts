import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Engine, type Recorded, type Recording, recordTests, type StoreFunction } from './record-tests.ts';

const ROOT = resolve(import.meta.dirname, '..');
const STORE = join(ROOT, 'src/store');
const FOLDER = join(ROOT, 'docs/statements');

/** Tests that together send every statement there is, and the same ones in every run. */
const TESTS = [
  'test/api/{alerts,as-of,consumers,delivery-actions,documents,feed,feed-parts,list-pages,operations,orders,scoped-keys,search}.test.ts',
  'test/cli/store-commands.test.ts',
  'test/conformance/waiting.test.ts',
  'test/console/{access,actions,overview,pages,resource-pages}.test.ts',
  'test/documents/*.test.ts',
  'test/feed/*.test.ts',
  'test/http/oauth-token.test.ts',
  'test/jobs/*.test.ts',
  'test/life/{answers,audit,documents,limits,lists,replay}.test.ts',
  'test/monitoring/!(heartbeat).test.ts',
  'test/processing/{process-deliveries,replay-recorded,batch-size,failure-breaker,four-workers}.test.ts',
  'test/reconciliation/{coverage,gaps,reconciler,run-owner}.test.ts',
  'test/store/{change-state,drift,messages}.test.ts',
];

const heading = ({ file, name }: StoreFunction): string => `-- ${file}${name ? ` ${name}` : ''}`;

/** The texts in the repository, by path: for each engine a file for each folder of the store. */
export function statementTexts(recorded: readonly Recorded[]): Record<string, string> {
  const byFile = Map.groupBy(recorded, ({ engine, file }) => `${engine}/${file.split('/')[0]}.sql`);
  return Object.fromEntries(
    [...byFile].map(([path, own]) => {
      const entries = new Set(own.map((one) => `${heading(one)}\n${one.statement};\n`));
      return [path, `-- What is sent, by function of src/store: made by \`npm run docs:sql\`.\n\n${[...entries].sort().join('\n')}`];
    }),
  );
}

/** The entries of the texts in the repository, as `engine heading statement`. */
export function writtenStatements(): Set<string> {
  const entries = globSync('*/*.sql', { cwd: FOLDER }).flatMap((path) =>
    readFileSync(join(FOLDER, path), 'utf8')
      .split(/\n\n(?=-- )/)
      .slice(1)
      .map((entry) => `${dirname(path)} ${entry.trim()}`),
  );
  return new Set(entries);
}

/** An entry of `writtenStatements`. */
export const writtenAs = (one: Recorded): string => `${one.engine} ${heading(one)}\n${one.statement};`;

/** The functions that the texts name. */
export const namedFunctions = (): StoreFunction[] =>
  globSync('*/*.sql', { cwd: FOLDER }).flatMap((path) =>
    [...readFileSync(join(FOLDER, path), 'utf8').matchAll(/^-- (\S+\.ts)(?: (\S+))?$/gm)].map(([, file = '', name = '']) => ({
      file,
      name,
    })),
  );

/** The exported functions of the store that are given a connection: each sends statements, or has others send them. */
export function exportedFunctions(): StoreFunction[] {
  const declared = /^export (?:async )?(?:function (\w+)(?:<[^(]*>)?|const (\w+) = (?:async )?(?:<[^(]*>)?)\(([^)]*)/gm;
  return globSync('*/*.ts', { cwd: STORE })
    .filter((file) => !file.startsWith('engine/'))
    .toSorted()
    .flatMap((file) =>
      [...readFileSync(join(STORE, file), 'utf8').matchAll(declared)]
        .filter(([, , , parameters = '']) => /: (?:Sql|Database|Pick<Database\b)/.test(parameters))
        .map(([, name = '', constant = '']) => ({ file, name: name || constant })),
    );
}

function readmeText(recording: Recording): string {
  const sent = new Set(recording.functions.map(heading));
  const missing = exportedFunctions().filter((one) => !sent.has(heading(one)));
  const list = missing.length === 0 ? 'None.' : missing.map(({ file, name }) => `- \`${name}\` in \`${file}\``).join('\n');
  return `# Statements

What Orderdock sends to each engine, by function of \`src/store\`: made by \`npm run docs:sql\`, which runs tests and records what is sent meanwhile.
\`?\` is a binding, and a list of any length is written as one of two.

## Functions whose statements are not here

${list}
`;
}

function writeTexts(recording: Recording, engines: readonly Engine[]): void {
  for (const engine of engines) rmSync(join(FOLDER, engine), { recursive: true, force: true });
  const texts = { ...statementTexts(recording.statements), 'README.md': readmeText(recording) };
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(join(FOLDER, path, '..'), { recursive: true });
    writeFileSync(join(FOLDER, path), text);
  }
}

if (import.meta.main) {
  const tests = TESTS.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted();
  const { recording, engines, failures } = await recordTests(tests);
  writeTexts(recording, engines);
  for (const failure of failures) process.stderr.write(`${failure}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
