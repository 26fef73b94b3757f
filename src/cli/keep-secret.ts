import { readFile } from 'node:fs/promises';
import { withSecrets } from '../connections.ts';
import { OrderdockError } from '../domain/errors.ts';
import type { SaveSecret } from '../platforms/contract/management.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { writePrivateFile } from '../sandbox/sandbox-file.ts';
import type { Settings } from '../settings.ts';
import type { CliRuntime } from './runtime.ts';

/**
 * Writes secrets that a platform shows only once into the connections file, comments and all else untouched; the file is its owner's
 * alone afterwards. A `${NAME}` that stands for one of the values stays as it is.
 */
export function createSaveSecret(settings: Settings, connection: Connection, ground: CliRuntime): SaveSecret {
  return async (setting, values) => {
    const { connectionsFile } = settings;
    if (connectionsFile === null)
      throw new OrderdockError(
        'nowhere_to_keep_secret',
        'The secrets of the sandbox are made from its seed: there is no place for others.',
      );
    const text = withSecrets(
      await readFile(connectionsFile, 'utf8'),
      ['connections', connection.name, ...setting.split('.')],
      values,
      ground.env,
    );
    await writePrivateFile(connectionsFile, text);
    ground.err(`Written to ${connectionsFile}: ${setting} of ${connection.name} (${values.length} value(s)).\n`);
  };
}
