import { readFile } from 'node:fs/promises';
import { withSecrets } from '../../connections.ts';
import { type JsonObject, objectAt, parseJson } from '../../domain/values/json.ts';
import type { SaveSecret } from '../../platforms/contract/management.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import { sandboxFilePath, writePrivateFile } from '../../sandbox/sandbox-file.ts';
import type { Settings } from '../../settings.ts';
import type { CliRuntime } from '../runtime.ts';

/**
 * Writes secrets that a platform shows only once into the connections file and leaves comments and everything else untouched. Only the
 * owner may read the file afterwards. A `${NAME}` that resolves to one of the values stays. The sandbox's secrets live in `sandbox.json` until its next start,
 * which also forgets its simulated registrations.
 */
export function createSaveSecret(settings: Settings, connection: Connection, runtime: CliRuntime): SaveSecret {
  return async (setting, values) => {
    const file = settings.connectionsFile ?? sandboxFilePath(settings.dataDir);
    const path = ['connections', connection.name, ...setting.split('.')];
    const text = await readFile(file, 'utf8');
    await writePrivateFile(
      file,
      settings.connectionsFile === null ? withSandboxSecrets(text, path, values) : withSecrets(text, path, values, runtime.env),
    );
    runtime.err(`Written to ${file}: ${setting} of ${connection.name} (${values.length} value(s)).\n`);
  };
}

/** A JSON file stays JSON. */
function withSandboxSecrets(text: string, path: readonly string[], values: readonly string[]): string {
  const file = parseJson(text);
  const place = path.slice(0, -1).reduce((at: JsonObject, name) => objectAt(at[name]), objectAt(file));
  place[path.at(-1) ?? ''] = [...values];
  return `${JSON.stringify(file, null, 2)}\n`;
}
