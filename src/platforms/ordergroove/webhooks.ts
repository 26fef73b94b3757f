import { OrderdockError } from '../../domain/errors.ts';
import { type JsonObject, objectAt, textAt } from '../../domain/json.ts';
import { outgoingPath } from '../../domain/outgoing-path.ts';
import type { RegisteredWebhook, SaveSecret, WebhookManagement } from '../contract/management.ts';
import { type ApiClient, allRows } from './client/client.ts';
import { ordergrooveEvents } from './events.ts';

export interface ManagementOptions {
  client: ApiClient;
  merchant(): Promise<string>;
  /** The verification keys that the connection knows now. */
  keys: readonly string[];
  keepSecret: SaveSecret | undefined;
}

const TARGETS = '/webhook_targets';
const EVERYTHING = 'subscriber.*|subscription.*|order.*|item.*|entitlement.*';

/** Targets, their filters and their signing keys (legacy management API, developer.ordergroove.com, read 2026-07). */
export function createWebhookManagement({ client, merchant, keys, keepSecret }: ManagementOptions): WebhookManagement {
  const keeper = (): SaveSecret => {
    if (keepSecret) return keepSecret;
    throw new OrderdockError('nowhere_to_keep_secret', 'The platform shows a signing key, and there is no place to put it');
  };
  return {
    list: async () => {
      const targets = await allRows(client, { method: 'GET', path: TARGETS });
      const registered: RegisteredWebhook[] = [];
      for (const target of targets) registered.push(await readTarget(client, target));
      return registered;
    },
    register: async (url, events) => {
      const keep = keeper();
      // Disabled until its key is known here: what it sent before could not be verified, and is not repeated for ever.
      const target = await send(client, 'POST', `${TARGETS}/`, { merchant: await merchant(), target_url: url, enabled: false });
      const path = targetPath(textAt(target.id) ?? '');
      await send(client, 'POST', `${path}/filters`, { pattern: patternFor(events) });
      await keep('webhook.verificationKey', union([await readKey(client, path), ...keys]));
      return readTarget(client, { ...target, ...(await send(client, 'PATCH', path, { enabled: true })) });
    },
    update: async (id, url, events) => {
      const target = await send(client, 'PATCH', targetPath(id), { target_url: url });
      if (events !== null) await replaceFilters(client, targetPath(id), patternFor(events));
      return readTarget(client, { id, target_url: url, ...target });
    },
    // There is no call that deletes a target. A disabled one sends nothing, and what it would have sent is not recoverable.
    delete: async (id) => {
      await send(client, 'PATCH', targetPath(id), { enabled: false });
    },
    rotateSecret: async (id) => {
      const keep = keeper();
      const path = targetPath(id);
      const before = await readKey(client, path);
      const rotated = await send(client, 'PATCH', `${path}/signing_key/rotate`, {});
      // Both sign for 24 h. A key that a second rotation has replaced is dropped; those of other targets stay.
      const others = keys.filter((key) => key !== before);
      await keep('webhook.verificationKey', union([textAt(rotated.signing_key), textAt(rotated.expiring_signing_key), ...others]));
    },
  };
}

const targetPath = (id: string): string => TARGETS + outgoingPath`/${id}`;

const send = async (client: ApiClient, method: 'POST' | 'PATCH', path: string, body: JsonObject): Promise<JsonObject> =>
  objectAt(await client.json({ method, path, body }));

async function readKey(client: ApiClient, path: string): Promise<string | null> {
  return textAt(objectAt(await client.json({ method: 'GET', path: `${path}/signing_key` })).signing_key);
}

async function readTarget(client: ApiClient, target: JsonObject): Promise<RegisteredWebhook> {
  const id = textAt(target.id) ?? '';
  const patterns = (await readFilters(client, targetPath(id))).flatMap((filter) => textAt(filter.pattern) ?? []);
  return { id, url: textAt(target.target_url), events: eventsOf(patterns), enabled: target.enabled === true };
}

const readFilters = (client: ApiClient, path: string): Promise<JsonObject[]> => allRows(client, { method: 'GET', path: `${path}/filters` });

/** One filter with the new pattern, whatever there was before. */
async function replaceFilters(client: ApiClient, path: string, pattern: string): Promise<void> {
  const [first, ...rest] = (await readFilters(client, path)).flatMap((filter) => textAt(filter.id) ?? []);
  const at = (id: string) => path + outgoingPath`/filters/${id}`;
  if (first === undefined) await send(client, 'POST', `${path}/filters`, { pattern });
  else await send(client, 'PATCH', at(first), { pattern });
  for (const id of rest) await client.json({ method: 'DELETE', path: at(id) });
}

const patternFor = (events: readonly string[] | null): string =>
  events === null ? EVERYTHING : events.map((event) => event.replaceAll('.', '\\.')).join('|');

/** The event types that filters let through; a pattern that is none for us is shown as it is. */
function eventsOf(patterns: readonly string[]): string[] {
  return union(
    patterns.flatMap((pattern) => {
      try {
        const filter = new RegExp(`^(?:${pattern})$`);
        return ordergrooveEvents.map(({ type }) => type).filter((type) => filter.test(type));
      } catch {
        return [pattern];
      }
    }),
  );
}

const union = (values: readonly (string | null)[]): string[] => [...new Set(values.filter((value) => value !== null))];
