import { RemoteFailure } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/values/json.ts';
import type { Remote, RemoteCall } from '../../../remote/remote.ts';
import type { OrdermentumApiSettings } from '../settings.ts';
import { createApiClient } from './client.ts';

/** Calls the webhook management API at whichever host accepts them. */
export interface ManagementClient {
  api: OrdermentumApiSettings;
  json(call: RemoteCall): Promise<Json>;
}

const API_URL = 'https://api.ordermentum.com';
const APP_URL = 'https://app.ordermentum.com';

/**
 * The pages disagree on the host: the recommended base is api.ordermentum.com, whose older documentation shows `/v1/webhooks`, while the
 * registration page names app.ordermentum.com (both as known in 2026-11). After a 401 or 404 from one, the other is tried. Only these two are a
 * pair: credentials of a test system never go to production.
 */
export function createManagementClient(api: OrdermentumApiSettings, remote: Remote): ManagementClient {
  // Separate from the client used for fetches, even at the same address: a refusal here says nothing about those calls.
  const clients = managementUrls(api).map((url) => ({ url, client: createApiClient(api, url, remote, true) }));
  return {
    api,
    async json(call) {
      const refusals: string[] = [];
      let failure: RemoteFailure | null = null;
      for (const candidate of [...clients]) {
        try {
          const answer = await candidate.client.json(call);
          // From now on the host that responded is tried first.
          clients.sort((a, b) => Number(b === candidate) - Number(a === candidate));
          return answer;
        } catch (error) {
          if (!(error instanceof RemoteFailure) || ![401, 404].includes(error.status)) throw error;
          refusals.push(`${new URL(candidate.url).host} answered ${error.status}`);
          failure = error;
        }
      }
      throw new RemoteFailure(failure?.code ?? 'remote_refused', refusalText(call, refusals), failure?.status ?? 0);
    },
  };
}

function managementUrls({ baseUrl, managementBaseUrl }: OrdermentumApiSettings): string[] {
  if (managementBaseUrl !== undefined) return [...new Set([managementBaseUrl, baseUrl])];
  const { origin } = new URL(baseUrl);
  return origin === API_URL ? [baseUrl, APP_URL] : origin === APP_URL ? [baseUrl, API_URL] : [baseUrl];
}

const refusalText = ({ method, path }: RemoteCall, refusals: readonly string[]): string =>
  `${method} ${path}: ${refusals.join(', ')}. Check api.apiKey, api.token and the id; api.managementBaseUrl names another host`;
