import type { JsonObject } from '../../../domain/json.ts';

export const sandboxConnection = (baseUrl: string, secret: () => string): JsonObject => ({
  webhook: { verificationKey: secret() },
  api: { baseUrl, apiKey: secret() },
  management: { baseUrl, merchant: '6f1c0d2e84b94a7ab3e5190c7d42f8aa' },
});
