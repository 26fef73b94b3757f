import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { untrimmedSecrets } from '../../connections.ts';
import type { Settings } from '../../settings.ts';
import type { CliRuntime } from '../runtime.ts';
import { errorLine, type Finding, failure, ok, warning } from './findings.ts';

const OTHERS_MAY = 0o077;

/** Checks for secrets that other users of this machine could read. */
export async function checkFiles(settings: Settings, { env, workingDir }: Pick<CliRuntime, 'env' | 'workingDir'>): Promise<Finding[]> {
  const secrets = [...(await secretFiles(settings.dataDir)), ...(settings.tls ? [settings.tls.keyFile] : [])];
  const findings = await Promise.all(secrets.map((path) => checkMode(path, 'failure', '')));
  const unlessNamed = ', unless all its secrets come from the environment';
  const file = settings.connectionsFile === null ? [] : [await checkMode(settings.connectionsFile, 'warning', unlessNamed)];
  const dotEnv = join(workingDir, '.env');
  const environment = existsSync(dotEnv) ? [await checkMode(dotEnv, 'warning', '')] : [];
  return [
    ...findings,
    ...file,
    ...environment,
    ...(await checkSecrets(settings, env)),
    ...(secrets.length === 0 ? [ok('files', settings.dataDir, 'contains no secrets yet')] : []),
  ];
}

async function checkSecrets({ connectionsFile }: Settings, env: CliRuntime['env']): Promise<Finding[]> {
  if (connectionsFile === null) return [];
  const places = untrimmedSecrets(await readFile(connectionsFile, 'utf8'), env);
  return places.map((place) => warning('files', place, 'has surrounding whitespace, often a line break from a file: it is ignored'));
}

/** What the service creates in `DATA_DIR`: keys, the sandbox's credentials, and the database. */
async function secretFiles(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir).catch(() => []);
  return names.filter((name) => /^(api-key|orderdock\.db.*|sandbox.*\.(json|jsonl|txt))$/.test(name)).map((name) => join(dataDir, name));
}

async function checkMode(path: string, level: 'failure' | 'warning', unless: string): Promise<Finding> {
  try {
    const { mode } = await stat(path);
    if ((mode & OTHERS_MAY) === 0) return ok('files', path, 'only the owner can read it');
    const text = `other users can read it (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${path}`;
    return level === 'failure' ? failure('files', path, text) : warning('files', path, `${text}${unless}`);
  } catch (error) {
    return failure('files', path, `${errorLine(error)}`);
  }
}
