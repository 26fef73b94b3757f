import { RemoteFailure, RemoteMissing } from '../../domain/errors.ts';
import type { Remote } from '../../remote/remote.ts';
import type { CheckResult, FetchedResource, PlatformApi } from '../contract/api.ts';
import type { SaveSecret } from '../contract/management.ts';
import { secretInTurn } from '../contract/secret-in-turn.ts';
import { type ApiClient, createApiClient } from './client/client.ts';
import { changesIn, streamsOf } from './lists.ts';
import type { OrishaSettings } from './settings.ts';
import { createWebhookManagement } from './webhooks.ts';

export function connect(settings: OrishaSettings, remote: Remote, saveSecret?: SaveSecret): PlatformApi | null {
  if (!settings.api) return null;
  const client = createApiClient(settings, settings.api, remote);
  return {
    fetch: async (subject, priority = 'fetch'): Promise<FetchedResource> => ({
      text: await client.detail(subject, priority),
      partial: false,
    }),
    streams: streamsOf(settings.api),
    changesSince: (stream, start) => changesIn(client, stream, start),
    check: () => check(client, remote),
    circuit: client.circuit,
    ...(settings.api.management ? { webhooks: createWebhookManagement({ client, management: settings.api.management, saveSecret }) } : {}),
  };
}

/** A token verifies the credentials; the first configured list verifies the address and the permissions. */
async function check(client: ApiClient, remote: Remote): Promise<CheckResult[]> {
  const findings: CheckResult[] = [];
  try {
    await secretInTurn(client.api.oauth2, remote)(true);
    findings.push({ what: 'token', ok: true, text: `${new URL(client.api.oauth2.tokenUrl).host} issues a token` });
    for (const { name } of streamsOf(client.api).slice(0, 1)) {
      await changesIn(client, name, { watermark: null, since: null, page: null });
      findings.push({ what: 'api', ok: true, text: `${client.api.baseUrl} returns the list of ${name}` });
    }
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    const what = findings.length === 0 ? 'token' : 'api';
    const advice = what === 'token' ? 'api.oauth2' : error instanceof RemoteMissing ? 'api.baseUrl and api.lists' : 'api.baseUrl';
    findings.push({ what, ok: false, text: `${error.message}. Check ${advice}` });
  }
  return findings;
}
