import type { JsonObject } from '../../../domain/values/json.ts';

export const sandboxConnection = (_baseUrl: string, secret: () => string): JsonObject => ({
  webhook: { signature: { scheme: 'standard-webhooks', secret: `whsec_${Buffer.from(secret()).toString('base64')}` } },
  entity: {
    ...{ kind: 'order', id: '/data/id', updatedAt: '/data/updated_at', number: '/data/number', status: '/data/status' },
    ...{ currency: '/data/currency', total: '/data/total', types: ['order.created', 'order.updated'], deletedTypes: ['order.deleted'] },
  },
});
