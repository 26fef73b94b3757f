import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import test from 'node:test';
import { type Node, SyntaxKind } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));

const MAX_FILES = 16;

test(`no folder has more than ${MAX_FILES} files of its own`, () => {
  const folders = Map.groupBy(files(SRC), (path) => relative(ROOT, dirname(path)));
  const crowded = [...folders].filter(([, own]) => own.length > MAX_FILES).map(([folder, own]) => `${folder}: ${own.length}`);
  assert.deepEqual(crowded, []);
});

const MAX_FILE_LINES = 300;

test(`no file has more than ${MAX_FILE_LINES} lines`, () => {
  const long = ['src', 'test', 'bench', 'docs', 'examples', 'migrations', 'deploy'].flatMap((folder) =>
    files(join(ROOT, folder))
      .map((path) => ({ path, lines: readFileSync(path, 'utf8').trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > MAX_FILE_LINES)
      .map(({ path, lines }) => `${relative(ROOT, path)}: ${lines}`),
  );
  assert.deepEqual(long, []);
});

const MAX_FUNCTION_LINES = 50;
const FUNCTIONS = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);

/** The functions that are too long, from their name to their last brace. `planted` is read instead of files. */
function longFunctions(paths: readonly string[], planted: Readonly<Record<string, string>> = {}): string[] {
  // Each file is parsed separately, which is sufficient.
  const config = join(ROOT, 'tsconfig.syntax-only.json');
  const options = { noResolve: true, noLib: true, types: [] };
  const contents: Readonly<Record<string, string>> = { ...planted, [config]: JSON.stringify({ compilerOptions: options, files: paths }) };
  const api = new API({
    cwd: ROOT,
    fs: { readFile: (path) => contents[path], fileExists: (path) => (path in contents ? true : undefined) },
  });
  try {
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    return paths.flatMap((path) => {
      const source = project?.program.getSourceFile(path);
      assert.ok(source, `${path} was parsed`);
      return longFunctionsIn(source, source.text).map((fault) => `${relative(ROOT, path)}, ${fault}`);
    });
  } finally {
    api.close();
  }
}

function longFunctionsIn(source: Node, text: string): string[] {
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const found: string[] = [];
  const pageRequest = (node: Node): void => {
    if (FUNCTIONS.has(node.kind)) {
      const first = lineOf(node.getStart());
      const lines = lineOf(node.end) - first + 1;
      if (lines > MAX_FUNCTION_LINES) found.push(`line ${first}: ${lines} lines`);
    }
    node.forEachChild(pageRequest);
  };
  pageRequest(source);
  return found;
}

test(`no function has more than ${MAX_FUNCTION_LINES} lines`, () => {
  assert.deepEqual(longFunctions(files(SRC)), []);
  const path = join(SRC, 'main.ts');
  const planted = (lines: number) => `// First.\n\nexport const f = () => {\n${'  f();\n'.repeat(lines - 2)}};\n`;
  assert.deepEqual(longFunctions([path], { [path]: planted(MAX_FUNCTION_LINES) }), []);
  assert.deepEqual(longFunctions([path], { [path]: planted(MAX_FUNCTION_LINES + 1) }), ['src/main.ts, line 3: 51 lines']);
});
