import type { JsonObject } from '../../../domain/values/json.ts';
import { issuerAddress } from './issuer.ts';

/** All kinds of credentials that the service supports, so that the simulator can use each: first those of the portal, then those of a gateway. */
export function sandboxConnection(baseUrl: string, secret: () => string): JsonObject {
  const [password, token, apiPassword, key, clientSecret] = [secret(), secret(), secret(), secret(), secret()];
  const auth = [
    { basic: { username: 'tradecloud', password } },
    { bearer: { token } },
    { oauth2: { issuer: issuerAddress(baseUrl), audience: 'api://orderdock-sandbox', clientIds: ['tradecloud-sandbox'] } },
    { header: { name: 'X-Sandbox-Key', value: key } },
    { oauth2: { clients: [{ id: 'tradecloud-sandbox', secret: clientSecret }] } },
  ];
  return { platform: 'tradecloud', webhook: { auth }, api: { baseUrl, username: 'integration@sandbox.example', password: apiPassword } };
}
