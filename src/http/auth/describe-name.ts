import { hashKey } from '../../feed/api-keys.ts';
import type { Connection, Connections } from '../../platforms/contract/platform.ts';
import { listApiKeys, readApiKeyByHash } from '../../store/access/list-api-keys.ts';
import type { Sql } from '../../store/engine/database.ts';
import { isOneOf, sameText } from './compare-secrets.ts';

/** A name with which a sign-in failed, as the log and the audit show it. */
export type DescribeName = (name: string) => Promise<string>;

export interface NamesAndSecrets {
  db: { read: Sql };
  connections: Connections;
  settingsKeys: readonly { name: string; key: string }[];
}

/** Longer names are shown only if they exist. */
const LONGEST_UNKNOWN = 16;

/**
 * Clients send a key in place of its name, as in `curl -u KEY:`. So a name that is a secret, or that is long enough to be one with a typing error, is
 * described by its length.
 */
export function createDescribeName({ db, connections, settingsKeys }: NamesAndSecrets): DescribeName {
  const clients = () => connections.list().flatMap(ownClients);
  const isName = async (name: string): Promise<boolean> =>
    settingsKeys.some((key) => key.name === name) ||
    clients().some(({ id }) => id === name) ||
    (await listApiKeys(db.read)).some((key) => key.name === name);
  const isSecret = async (text: string): Promise<boolean> =>
    settingsKeys.some(({ key }) => sameText(text, key)) ||
    clients().some(({ secret }) => isOneOf(text, secret)) ||
    (await readApiKeyByHash(db.read, hashKey(text))) !== null;
  return async (name) => {
    const isShown = (await isName(name)) || (name.length <= LONGEST_UNKNOWN && !(await isSecret(name)));
    return isShown ? name : `a name of ${name.length} characters`;
  };
}

/** The clients of our own token endpoint that a connection lists. */
export const ownClients = (connection: Connection) =>
  (connection.settings.webhook.auth ?? []).flatMap((entry) => ('oauth2' in entry && 'clients' in entry.oauth2 ? entry.oauth2.clients : []));
