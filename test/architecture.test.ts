import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import test from 'node:test';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

/** Who may import whom, by place below src/. `self` is the own folder; everything not named is forbidden. See ARCHITECTURE.md. */
const MAY_IMPORT: readonly (readonly [place: RegExp, allowed: readonly RegExp[]])[] = [
  [/^domain\//, [/^domain\//]],
  [/^remote\//, [/^domain\//, /^remote\//]],
  [/^store\//, [/^domain\//, /^store\//, /^\.\.\/migrations\//]],
  [/^documents\/storage\//, [/^domain\//, /^documents\/storage\//]],
  [/^platforms\/registry\.ts$/, [/^platforms\/[a-z-]+\/index\.ts$/, /^platforms\/contract\//]],
  [/^platforms\/contract\//, [/^domain\//, /^remote\/remote\.ts$/, /^platforms\/contract\//]],
  [/^platforms\/[a-z-]+\.ts$/, [/^domain\//, /^remote\/remote\.ts$/, /^platforms\/[a-z-]+\.ts$/, /^platforms\/contract\//]],
  [/^platforms\/[a-z-]+\//, [/^domain\//, /^remote\/remote\.ts$/, /^platforms\/signature\.ts$/, /^platforms\/contract\//]],
  [/^audit\.ts$/, [/^domain\//, /^store\/access\//, /^context\.ts$/]],
  [/^context\.ts$/, [/^domain\//, /^store\//, /^platforms\/contract\//, /^processing\//]],
  [/^intake\//, [/^domain\//, /^store\//, /^platforms\/contract\//, /^context\.ts$/, /^intake\//]],
  [/^processing\//, [/^domain\//, /^store\//, /^platforms\/contract\//, /^context\.ts$/, /^audit\.ts$/, /^processing\//]],
  [
    /^reconciliation\//,
    [
      /^domain\//,
      /^store\//,
      /^platforms\/contract\//,
      /^context\.ts$/,
      /^audit\.ts$/,
      /^reconciliation\//,
      /^processing\//,
      /^monitoring\//,
    ],
  ],
  [/^documents\//, [/^domain\//, /^store\//, /^platforms\/contract\//, /^context\.ts$/, /^audit\.ts$/, /^documents\//, /^processing\//]],
  [/^feed\//, [/^domain\//, /^store\//, /^platforms\/contract\//, /^context\.ts$/, /^audit\.ts$/, /^feed\//]],
  [/^monitoring\//, [/^domain\//, /^store\//, /^platforms\/contract\//, /^context\.ts$/, /^audit\.ts$/, /^monitoring\//, /^processing\//]],
  [
    /^jobs\//,
    [/^domain\//, /^store\//, /^platforms\/contract\//, /^context\.ts$/, /^jobs\//, /^monitoring\//, /^reconciliation\//, /^feed\//],
  ],
  [/^search\//, [/^domain\//, /^store\//, /^context\.ts$/, /^search\//]],
  [/^views\//, [/^domain\//, /^store\//, /^views\//]],
  [
    /^http\//,
    [
      /^platforms\/contract\//,
      /^documents\/storage\/storage\.ts$/,
      /^domain\//,
      /^store\/(engine|[a-z]+\/(list|read|search)(-[a-z-]+)?\.ts)/,
      /^context\.ts$/,
      /^audit\.ts$/,
      /^http\//,
      /^views\//,
      /^intake\//,
      /^processing\//,
      /^reconciliation\//,
      /^feed\//,
      /^search\//,
      /^monitoring\//,
      /^documents\/fetch-documents\.ts$/,
    ],
  ],
  [/^(settings|logger|api-key|connections)\.ts$/, [/^domain\//, /^platforms\/contract\//]],
];

/** Only these may import the place: everything else comes in through them. */
const ONLY_FOR: readonly (readonly [place: RegExp, importers: RegExp])[] = [
  [/^app\.ts$/, /^(main\.ts|cli\/|sandbox\/)/],
  [/^platforms\/registry\.ts$/, /^(app\.ts|main\.ts|cli\/|sandbox\/|open-context\.ts)/],
];

/** Each library has one home. */
const HOMES: Readonly<Record<string, RegExp>> = {
  express: /^http\//,
  compression: /^http\//,
  'express-basic-auth': /^http\//,
  'express-openapi-validator': /^http\//,
  helmet: /^http\//,
  jose: /^http\/auth\//,
  'prom-client': /^http\//,
  knex: /^(store\/|\.\.\/migrations\/)/,
  sqlite3: /^store\//,
  pg: /^store\//,
  axios: /^remote\//,
  'simple-oauth2': /^remote\//,
  cockatiel: /^remote\//,
  'request-filtering-agent': /^remote\//,
  winston: /^logger\.ts$/,
  'node-cron': /^(jobs\/scheduler|connections)\.ts$/,
  yaml: /^(connections|http\/api\/spec)\.ts$/,
  commander: /^(cli\/|main\.ts)/,
  '@aws-sdk/client-s3': /^documents\/storage\//,
  '@aws-sdk/lib-storage': /^documents\/storage\//,
  saxes: /^platforms\/tradecloud\//,
  'fast-xml-builder': /^platforms\/tradecloud\//,
  '@nodable/entities': /^platforms\/tradecloud\//,
  standardwebhooks: /^(platforms\/standard|feed)\//,
};

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));

function importsOf(path: string, text: string): Import[] {
  const from = relative(SRC, path);
  return [
    ...text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/gm),
  ].map((match) => {
    const named = match[1] ?? match[2] ?? match[3] ?? '';
    return {
      from,
      to: named.startsWith('.') ? relative(SRC, resolve(dirname(path), named)) : named,
      typeOnly: /^\s*(import|export) type\b/.test(match[0]),
    };
  });
}

function faultsOf({ from, to, typeOnly }: Import): string[] {
  const faults: string[] = [];
  const isOwn = to.endsWith('.ts') || to.startsWith('..');
  if (isOwn) {
    const rule = MAY_IMPORT.find(([place]) => place.test(from));
    const ownFolder = /^platforms\/[a-z-]+\//.exec(from)?.[0];
    // HTTP may name the store's types; it may only call its reads.
    const onlyNamed = typeOnly && from.startsWith('http/') && to.startsWith('store/');
    if (rule && !onlyNamed && !rule[1].some((allowed) => allowed.test(to)) && !(ownFolder && to.startsWith(ownFolder)))
      faults.push(`${from} may not import ${to}`);
    for (const [place, importers] of ONLY_FOR) if (place.test(to) && !importers.test(from)) faults.push(`${from} may not import ${to}`);
  } else {
    const library = to.startsWith('@') ? to.split('/').slice(0, 2).join('/') : (to.split('/')[0] ?? '');
    const home = HOMES[library];
    if (home && !home.test(from)) faults.push(`${from} may not import ${library}: its home is ${home.source}`);
  }
  return faults;
}

test('imports between folders go in one direction, and each library is imported in one folder', () => {
  const imports = files(SRC).flatMap((path) => importsOf(path, readFileSync(path, 'utf8')));
  assert.ok(imports.length > 100, 'the imports were read');
  assert.deepEqual(imports.flatMap(faultsOf), []);
});

test('a deliberately wrong import is detected', () => {
  const planted = (path: string, line: string) => importsOf(join(SRC, path), line).flatMap(faultsOf).length;
  assert.equal(planted('domain/entity.ts', `import { openDatabase } from '../store/database.ts';`), 1);
  assert.equal(planted('processing/apply-reports.ts', `import { tradecloud } from '../platforms/tradecloud/index.ts';`), 1);
  assert.equal(planted('platforms/orisha/index.ts', `export { hmac } from '../ordergroove/read.ts';`), 1);
  assert.equal(planted('http/webhooks.ts', `import axios from 'axios';`), 1);
  assert.equal(planted('processing/worker.ts', `const later = await import('../remote/send.ts');`), 1);
  assert.equal(planted('processing/apply-reports.ts', `import { layOver } from './merge-entity.ts';`), 0);
});

/** Files that import each other, however many steps it takes: each group once, sorted. */
function circles(imports: readonly Import[]): string[][] {
  const targets = Map.groupBy(
    imports.filter(({ to }) => to.endsWith('.ts')),
    ({ from }) => from,
  );
  const reached = (start: string): Set<string> => {
    const seen = new Set<string>();
    const waiting = [start];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      for (const { to } of targets.get(file) ?? []) {
        if (seen.has(to)) continue;
        seen.add(to);
        waiting.push(to);
      }
    }
    return seen;
  };
  const inCircles = [...targets.keys()].filter((file) => reached(file).has(file));
  const groups = new Map(
    inCircles.map((file) => [inCircles.filter((other) => reached(file).has(other) && reached(other).has(file)), file]),
  );
  return [...new Map([...groups.keys()].map((group) => [group.toSorted().join(), group.toSorted()])).values()];
}

test('no file imports itself through other files', () => {
  const imports = files(SRC).flatMap((path) => importsOf(path, readFileSync(path, 'utf8')));
  assert.deepEqual(circles(imports), []);
  const planted = [
    { from: 'a.ts', to: 'b.ts', typeOnly: false },
    { from: 'b.ts', to: 'a.ts', typeOnly: true },
    { from: 'c.ts', to: 'a.ts', typeOnly: false },
  ];
  assert.deepEqual(circles(planted), [['a.ts', 'b.ts']]);
});

test('a migration does not depend on later changes to the program', () => {
  const migrations = files(join(ROOT, 'migrations')).filter((path) => !path.endsWith('/migrate.ts'));
  const imports = migrations.flatMap((path) => importsOf(path, readFileSync(path, 'utf8')));
  assert.ok(imports.length > migrations.length / 2, 'the imports were read');
  assert.deepEqual(
    imports.filter(({ to }) => to.endsWith('.ts') && !to.startsWith('../migrations/')),
    [],
  );
});

/** Words that stood for mechanisms once, and file names that say nothing; docs/glossary.md has the ones to use. */
const BANNED_NAMES = new RegExp(
  `\\b(${[
    'glance|turnstile|brake|patience|patiently|standstills?|awakeness|layOver|occasion|fence|keepLease|inHand|misfortunes?|badDays|misbehave',
    'door|takeIn|untilUndisturbed|ledger|lent|hopeless|judge|judged|judges|standings?|stretch|fates?|fateKey|tallies|tells?|told|poison|die',
    'asked|askedAt|askedMs|askOnce|askPage|visits?|seal|unseal|story|mend|heal|crowded|questions|slots|ground',
    'goOn|outliveTheLog|untilTold|lookAgainMs|lookedAt|lookAtAll|inTurn|underway|cutIfHung|HeldTime|notHeld|goneHolder|askedOf',
  ].join('|')})\\b`,
  'i',
);
const BANNED_FILES = /(^|\/)(utils?|helpers?|common|misc|data|pieces|parts|tallies|figures|verbs|answers|[a-z-]*(manager|service))\.ts$/;

test('names are the words of the glossary', () => {
  const sources = files(SRC).map((path) => ({ path: relative(SRC, path), text: readFileSync(path, 'utf8') }));
  assert.deepEqual(
    sources.filter(({ path }) => BANNED_FILES.test(path)).map(({ path }) => path),
    [],
  );
  const declared = /\b(?:function|const|let|class|interface|type)\s+([A-Za-z][A-Za-z0-9]*)/g;
  const found = sources.flatMap(({ path, text }) =>
    [...text.matchAll(declared)].flatMap(([, name]) => {
      const words = (name ?? '').replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2');
      return BANNED_NAMES.test(name ?? '') || BANNED_NAMES.test(words) ? [`${path}: ${name}`] : [];
    }),
  );
  assert.deepEqual(found, []);
});
