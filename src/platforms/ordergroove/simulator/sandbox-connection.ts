import type { JsonObject } from '../../../domain/values/json.ts';
import { MANAGEMENT_PATH } from './targets.ts';

export const sandboxConnection = (baseUrl: string, secret: () => string): JsonObject => ({
  webhook: { verificationKey: secret() },
  api: { baseUrl, apiKey: secret() },
  management: { baseUrl: `${baseUrl}${MANAGEMENT_PATH}`, merchant: '6f1c0d2e84b94a7ab3e5190c7d42f8aa' },
});
