import { OrderdockError, Refused } from '../../domain/errors.ts';
import type { RegisteredWebhook } from '../../domain/registered-webhook.ts';
import { type JsonObject, textAt } from '../../domain/values/json.ts';
import { checkEventNames, refuseOptions } from '../contract/event-names.ts';
import { requireSaving, type SaveSecret, type WantedWebhook, type WebhookManagement } from '../contract/management.ts';
import { type Made, undo } from '../contract/undo.ts';
import type { ApiClient } from './client/client.ts';
import {
  changeTarget,
  createFilter,
  createTarget,
  listFilters,
  listTargets,
  readKey,
  readMetrics,
  readTarget,
  removeTarget,
  replaceFilters,
  rotateKey,
  unlessRefused,
} from './client/targets.ts';
import { ordergrooveEvents } from './events.ts';

export interface ManagementOptions {
  client: ApiClient;
  merchant(): Promise<string>;
  /** The connection's current verification keys. */
  keys: readonly string[];
  saveSecret: SaveSecret | undefined;
}

const KEY_SETTING = 'webhook.verificationKey';
const MOST_TARGETS = 10;

const families = [...new Set(ordergrooveEvents.map(({ type }) => type.slice(0, type.indexOf('.'))))];
/** `order.*` and the like: all events of a family. */
const GROUPS = families.map((family) => `${family}.*`);
const EVERYTHING = 'subscriber.*|subscription.*|order.*|item.*|entitlement.*';

/** Targets, their filters and their signing keys. */
export function createWebhookManagement(options: ManagementOptions): WebhookManagement {
  const { client, keys } = options;
  const change = async (id: string, body: JsonObject) => describeTarget(client, { id, ...(await changeTarget(client, id, body)) });
  return {
    list: async () => {
      const registered: RegisteredWebhook[] = [];
      for (const target of await listTargets(client)) registered.push(await describeTarget(client, target));
      return registered;
    },
    register: async (wanted) => [await register(options, wanted)],
    update: async (id, wanted) => {
      checkWanted(wanted);
      const target = wanted.url === null ? await readTarget(client, id) : await changeTarget(client, id, { target_url: wanted.url });
      if (wanted.events !== null) await replaceFilters(client, id, wanted.events.join('|'));
      return describeTarget(client, { id, target_url: wanted.url, ...target });
    },
    enable: (id) => change(id, { enabled: true }),
    disable: (id) => change(id, { enabled: false }),
    delete: (id) => removeTarget(client, id),
    rotate: async (id) => {
      const save = requireSaving(options.saveSecret);
      const before = await readKey(client, id);
      // Both sign for 24 h. A key replaced by a second rotation is dropped; those of other targets stay.
      const rotated = await rotateKey(client, id);
      await save(KEY_SETTING, union([...rotated, ...keys.filter((key) => key !== before)]));
    },
    absent: {},
  };
}

function checkWanted(wanted: WantedWebhook): void {
  checkEventNames(wanted.events, ordergrooveEvents, GROUPS);
  refuseOptions('Ordergroove', wanted, ['name', 'entityTypes']);
}

/** Disabled until its key is stored here: webhooks sent earlier could not be verified, and retries are limited. */
async function register(options: ManagementOptions, wanted: WantedWebhook & { url: string }): Promise<RegisteredWebhook> {
  const { client, keys, merchant } = options;
  const save = requireSaving(options.saveSecret);
  checkWanted(wanted);
  if ((await unlessRefused(listTargets(client), [])).length >= MOST_TARGETS) {
    throw new Refused(409, 'too_many_webhooks', `Ordergroove allows ${MOST_TARGETS} targets, and all are in use. Delete one first.`);
  }
  const target = await createTarget(client, { merchant: await merchant(), target_url: wanted.url, enabled: false });
  const id = textAt(target.id) ?? '';
  const made: Made[] = [{ name: `target ${id}, disabled: delete it in Ordergroove Admin`, remove: () => removeWhole(client, id) }];
  const pattern = wanted.events?.join('|') ?? EVERYTHING;
  try {
    await createFilter(client, id, pattern);
    await save(KEY_SETTING, union([await readKey(client, id), ...keys]));
    made.push({ name: `its key in ${KEY_SETTING}`, remove: () => save(KEY_SETTING, keys) });
    await changeTarget(client, id, { enabled: true });
  } catch (error) {
    return undo(made, error);
  }
  return { id, name: null, url: wanted.url, events: eventsOf([pattern]), enabled: true, statistics: null };
}

async function removeWhole(client: ApiClient, id: string): Promise<void> {
  const left = await removeTarget(client, id);
  if (left !== null) throw new OrderdockError('left_behind', left);
}

async function describeTarget(client: ApiClient, target: JsonObject): Promise<RegisteredWebhook> {
  const id = textAt(target.id) ?? '';
  const patterns = (await unlessRefused(listFilters(client, id), [])).flatMap((filter) => textAt(filter.pattern) ?? []);
  return {
    ...{ id, name: null, url: textAt(target.target_url), events: eventsOf(patterns), enabled: target.enabled === true },
    statistics: await readMetrics(client, id),
  };
}

/**
 * The event types that filters match. Whether a pattern is a regular expression or a glob is undocumented: names are plain and
 * groups end in `.*`, which means the same in both. Any other pattern is shown as it is.
 */
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
