import type { Command } from 'commander';
import { FaultySettings } from '../../domain/errors.ts';
import { type OpenContext, openContext } from '../../open-context.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import { findConnectionsFile, type Settings } from '../../settings.ts';
import { answer, table } from '../answer.ts';
import { connectionsOf, readConnectionsFile, settingsOf } from '../open.ts';
import { type CliRuntime, CommandFailed, createProgress, quietLog } from '../runtime.ts';
import { checkConnections } from './connections.ts';
import { checkFiles } from './files.ts';
import { errorLine, type Finding, failure, ok, warning } from './findings.ts';
import { checkProxy } from './proxy.ts';
import { checkTls } from './tls.ts';

export function addCheck(program: Command, runtime: CliRuntime): void {
  program
    .command('check')
    .description('Check everything that could prevent deliveries: settings, files, database, connections, clock, TLS and proxies.')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  orderdock check\n  PUBLIC_URL=https://orderdock.example.com orderdock check --json\n\nExit code 1 if any check failed; warnings do not count.',
    )
    .action((options: { json?: true }) => check(runtime, options));
}

async function check(runtime: CliRuntime, options: { json?: true }): Promise<void> {
  const findings = await runChecks(runtime);
  const failed = findings.filter((finding) => finding.level === 'failure').length;
  answer(runtime, options.json, { ok: failed === 0, findings }, () => {
    const rows = findings.map((finding) => ({ '': MARKS[finding.level], area: finding.area, what: finding.what, finding: finding.text }));
    return `${table(rows, '')}\n${failed === 0 ? 'All checks passed.' : `${failed} failed.`}\n`;
  });
  if (failed > 0) throw new CommandFailed();
}

const MARKS = { ok: 'ok', warning: 'WARN', failure: 'FAIL' } as const;

/** Half the length of a random 128-bit key in hexadecimal. */
const SHORT_KEY = 16;

const checkKeys = ({ apiKeys }: Settings): Finding[] =>
  apiKeys
    .filter(({ key }) => key.length < SHORT_KEY)
    .map(({ name }) =>
      warning(
        'settings',
        `API_KEYS: ${name}`,
        `the key can be guessed: it is shorter than ${SHORT_KEY} characters. Generate one with: openssl rand -hex 24`,
      ),
    );

async function runChecks(runtime: CliRuntime): Promise<Finding[]> {
  const settings = trySettings(runtime);
  if (Array.isArray(settings)) return [...settings, ...(await faultsOfConnections(runtime))];
  const progress = createProgress(runtime);
  const step = async (what: string, check: () => Promise<Finding[]>) => {
    progress.show(`checking ${what} …`);
    return check();
  };
  const connections = await readConnectionsFindings(settings, runtime);
  const findings = [
    ok('settings', 'environment', 'all settings are valid'),
    ...checkKeys(settings),
    ...connections.findings,
    ...(await step('files', () => checkFiles(settings, runtime))),
    ...(await step('proxies', async () => checkProxy(settings, runtime.env))),
    ...(await step('TLS', () => checkTls(settings, new Date()))),
    ...(await step('the database', () => checkStore(settings, connections.found, runtime))),
  ];
  progress.clear();
  return findings;
}

function trySettings(runtime: CliRuntime): Settings | Finding[] {
  try {
    return settingsOf(runtime);
  } catch (error) {
    if (!(error instanceof FaultySettings)) throw error;
    return error.faults.map((fault) => failure('settings', 'environment', fault));
  }
}

/** While the settings are faulty, nothing but the connections file can be checked. */
async function faultsOfConnections(runtime: CliRuntime): Promise<Finding[]> {
  const file = findConnectionsFile(runtime.env);
  if (file === null) return [];
  try {
    await readConnectionsFile(file, runtime.env);
    return [];
  } catch (error) {
    return connectionFailures(file, error);
  }
}

function connectionFailures(file: string, error: unknown): Finding[] {
  const faults = error instanceof FaultySettings ? error.faults : [errorLine(error)];
  return faults.map((fault) => failure('connections', file, fault));
}

async function readConnectionsFindings(settings: Settings, runtime: CliRuntime): Promise<{ found: Connection[]; findings: Finding[] }> {
  const file = settings.connectionsFile ?? 'the sandbox';
  try {
    const found = await connectionsOf(settings, runtime);
    const none = settings.connectionsFile === null && found.length === 0;
    return {
      found,
      findings: [
        ok(
          'connections',
          file,
          none ? 'sandbox mode, which creates its connections at the first start' : `${found.length} connection(s), all valid`,
        ),
      ],
    };
  } catch (error) {
    return { found: [], findings: connectionFailures(file, error) };
  }
}

/** Checks the database and, since limits and tokens are stored there, every connection's API. */
async function checkStore(settings: Settings, connections: readonly Connection[], runtime: CliRuntime): Promise<Finding[]> {
  let context: OpenContext;
  try {
    context = await openContext(settings, connections, { log: quietLog(runtime) }, () => ({
      open: () => {},
      update: () => {},
      close: () => {},
    }));
  } catch (error) {
    return [
      failure('database', engineOf(settings), `${errorLine(error)} Check DATABASE_URL, and that the server runs and accepts our login`),
    ];
  }
  try {
    return [await checkDatabase(settings, context), ...(await checkConnections(context, settings.publicUrl))];
  } finally {
    await context.close();
  }
}

const engineOf = (settings: Settings): string => settings.databaseUrl.replace(/:.*$/s, '');

async function checkDatabase(settings: Settings, context: OpenContext): Promise<Finding> {
  try {
    await context.db.write((sql) => sql.all('delete from leases where name = ?', ['check-probe']));
    const [row] = await context.db.read.all<{ count: number | string }>('select count(*) as count from migrations');
    return ok('database', engineOf(settings), `is writable, ${Number(row?.count)} migrations applied`);
  } catch (error) {
    return failure('database', engineOf(settings), `${errorLine(error)} It can be read but not written: check free space and permissions`);
  }
}
