import type { RegisteredWebhook } from '../domain/registered-webhook.ts';
import { registrationName } from '../platforms/contract/management.ts';
import type { Connection } from '../platforms/contract/platform.ts';

/** One way in which the registrations differ from what is expected. */
export interface Difference {
  /** `missing` and `disabled`: no deliveries arrive. `failed`: the platform itself reports deliveries that it gave up on. */
  kind: 'missing' | 'disabled' | 'events' | 'repeated' | 'failed';
  text: string;
  /** The command that fixes it; null: there is none. */
  command: string | null;
}

/**
 * How the registrations differ from what is expected: one enabled registration of our address with every event type we apply. Pure.
 * `url` null: `PUBLIC_URL` is not set, so only the path is compared. `verbs`: what the platform's management API supports.
 */
export function compareRegistrations(
  connection: Connection,
  registered: readonly RegisteredWebhook[],
  url: string | null,
  verbs: { enable: boolean },
): Difference[] {
  const ours = registered.filter((one) => isOurs(one, connection.name, url));
  const where = url ?? `/webhooks/${connection.name}`;
  const command = (words: string) => `orderdock webhooks ${words}`;
  const register = command(`register ${connection.name}`);
  const enabled = ours.filter((one) => one.enabled);
  // A disabled registration without events is what a platform keeps of a deleted one.
  const disabled = ours.filter((one) => !one.enabled && one.events.length > 0);
  if (enabled.length === 0 && disabled.length === 0) return [{ kind: 'missing', text: `${where} is not registered.`, command: register }];
  const fix = (id: string) => (verbs.enable ? command(`enable ${connection.name} ${id}`) : register);
  if (enabled.length === 0) return disabled.map(({ id }) => ({ kind: 'disabled', text: `${id} is disabled.`, command: fix(id) }));
  return [
    ...missingEvents(connection, enabled, command),
    ...enabled.filter(({ statistics }) => (statistics?.failed ?? 0) > 0).map((one) => failedDeliveries(one, connection.name)),
    ...(enabled.length > 1 ? [{ kind: 'repeated' as const, text: repeatedText(where, enabled.length), command: null }] : []),
  ];
}

const failedDeliveries = ({ id, statistics }: RegisteredWebhook, connection: string): Difference => ({
  kind: 'failed',
  text: `${id}: the platform reports ${statistics?.failed} deliveries that it gave up on.`,
  command: `orderdock reconcile ${connection}`,
});

const repeatedText = (where: string, times: number): string => `${where} is registered ${times} times: every event comes that often.`;

/** By its address; by its name if the platform does not show the address. */
export function isOurs({ url: registered, name }: RegisteredWebhook, connection: string, url: string | null): boolean {
  if (registered === null) return name === registrationName(`https://host/webhooks/${connection}`);
  if (url !== null) return registered === url;
  return URL.canParse(registered) && new URL(registered).pathname.endsWith(`/webhooks/${connection}`);
}

function missingEvents(
  { name, platform }: Connection,
  enabled: readonly RegisteredWebhook[],
  command: (words: string) => string,
): Difference[] {
  const covered = new Set(enabled.flatMap((one) => one.events));
  const [first] = enabled;
  if (!first || covered.size === 0 || covered.has('*')) return [];
  const missing = platform.events.filter((event) => event.effect !== 'ignore' && !covered.has(event.type)).map((event) => event.type);
  if (missing.length === 0) return [];
  const all = [...covered, ...missing].join(' ');
  return [
    { kind: 'events', text: `Not registered: ${missing.join(', ')}.`, command: command(`update ${name} ${first.id} --events ${all}`) },
  ];
}
