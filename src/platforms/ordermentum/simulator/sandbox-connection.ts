import type { JsonObject } from '../../../domain/values/json.ts';
import { APP_PATH } from './registrations.ts';

export const sandboxConnection = (baseUrl: string, secret: () => string): JsonObject => ({
  webhook: {
    auth: [{ basic: { username: 'ordermentum', password: secret() } }, { header: { name: 'X-Connector-Token', value: secret() } }],
  },
  api: {
    ...{ baseUrl, apiKey: secret(), token: secret(), managementBaseUrl: `${baseUrl}${APP_PATH}` },
    supplierId: '5b0f4c1e-93a7-4d6b-8c52-1f7e0a9d3b64',
  },
});
