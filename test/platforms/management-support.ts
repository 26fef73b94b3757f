import assert from 'node:assert/strict';
import type { PlatformApi } from '../../src/platforms/contract/api.ts';
import type { ManagementVerb, WantedWebhook, WebhookManagement } from '../../src/platforms/contract/management.ts';

/** The verb of a management API, which must exist. */
export function verb<V extends ManagementVerb>(api: PlatformApi | null, name: V): NonNullable<WebhookManagement[V]> {
  const found = api?.webhooks?.[name];
  assert.ok(found, `there is no ${name}`);
  return found as NonNullable<WebhookManagement[V]>;
}

export const wanted = (url: string, changes: Partial<WantedWebhook> = {}) => ({
  events: null,
  name: null,
  entityTypes: null,
  ...changes,
  url,
});
