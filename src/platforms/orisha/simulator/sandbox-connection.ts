import type { JsonObject } from '../../../domain/values/json.ts';
import { sandboxLists, sandboxPaths } from './api.ts';
import { sandboxManagement } from './registrations.ts';

export const sandboxConnection = (baseUrl: string, secret: () => string): JsonObject => ({
  webhook: { secret: [secret()], administrations: ['1001'] },
  api: {
    baseUrl,
    oauth2: { tokenUrl: `${baseUrl}/oauth/token`, clientId: 'orderdock-sandbox', clientSecret: secret(), audience: 'orisha-sandbox' },
    paths: { ...sandboxPaths },
    lists: structuredClone(sandboxLists),
    management: structuredClone(sandboxManagement),
  },
});
