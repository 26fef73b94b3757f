import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../../settings.ts';
import { errorLine, type Finding, failure, ok, warning } from './findings.ts';

const OTHERS_MAY = 0o077;

/** Secrets that others on this machine could read. */
export async function checkFiles(settings: Settings): Promise<Finding[]> {
  const secrets = [...(await secretFiles(settings.dataDir)), ...(settings.tls ? [settings.tls.keyFile] : [])];
  const findings = await Promise.all(secrets.map((path) => checkMode(path, 'failure')));
  const file = settings.connectionsFile === null ? [] : [await checkMode(settings.connectionsFile, 'warning')];
  return [...findings, ...file, ...(secrets.length === 0 ? [ok('files', settings.dataDir, 'holds no secrets yet')] : [])];
}

/** What the service generates into `DATA_DIR`: keys, the sandbox's credentials, and the database. */
async function secretFiles(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir).catch(() => []);
  return names.filter((name) => /^(api-key|orderdock\.db.*|sandbox.*\.(json|jsonl|txt))$/.test(name)).map((name) => join(dataDir, name));
}

async function checkMode(path: string, level: 'failure' | 'warning'): Promise<Finding> {
  try {
    const { mode } = await stat(path);
    if ((mode & OTHERS_MAY) === 0) return ok('files', path, 'only its owner may read it');
    const text = `others may read it (mode ${(mode & 0o777).toString(8)}). chmod 600 ${path}`;
    return level === 'failure' ? failure('files', path, text) : warning('files', path, `${text}, unless all its secrets are \${NAME}`);
  } catch (error) {
    return failure('files', path, `${errorLine(error)}`);
  }
}
