import { RemoteFailure } from '../../../domain/errors.ts';
import { type JsonObject, objectAt, textAt } from '../../../domain/values/json.ts';
import { outgoingPath } from '../../../domain/values/outgoing-path.ts';
import { type ApiClient, allRows } from './client.ts';

const TARGETS = '/webhook_targets';

/** The calls of the legacy management API (developer.ordergroove.com, webhook targets, filters and metrics, read 2026-11). */
const targetPath = (id: string): string => TARGETS + outgoingPath`/${id}`;

export const listTargets = (client: ApiClient): Promise<JsonObject[]> => allRows(client, { method: 'GET', path: TARGETS });

export const readTarget = async (client: ApiClient, id: string): Promise<JsonObject> =>
  objectAt(await client.json({ method: 'GET', path: targetPath(id) }));

export const createTarget = (client: ApiClient, body: JsonObject): Promise<JsonObject> => send(client, 'POST', `${TARGETS}/`, body);

export const changeTarget = (client: ApiClient, id: string, body: JsonObject): Promise<JsonObject> =>
  send(client, 'PATCH', targetPath(id), body);

/**
 * Null if deleted. No page documents a call that deletes a target. It is tried anyway, because a disabled target still takes one of ten
 * places; if the call does not exist, the target is disabled, loses its filters, and the text says so.
 */
export async function removeTarget(client: ApiClient, id: string): Promise<string | null> {
  try {
    await client.json({ method: 'DELETE', path: targetPath(id) });
    return null;
  } catch (error) {
    if (!(error instanceof RemoteFailure) || ![400, 404, 405, 501].includes(error.status)) throw error;
  }
  await changeTarget(client, id, { enabled: false });
  for (const filter of await listFilters(client, id)) await deleteFilter(client, id, textAt(filter.id) ?? '');
  return `target ${id} is disabled and no longer has filters. The API does not delete targets: do that in Ordergroove Admin`;
}

export async function readKey(client: ApiClient, id: string): Promise<string | null> {
  return textAt(objectAt(await client.json({ method: 'GET', path: `${targetPath(id)}/signing_key` })).signing_key);
}

/** The newest key first, then the older one that also signs for 24 h. */
export async function rotateKey(client: ApiClient, id: string): Promise<(string | null)[]> {
  const rotated = await send(client, 'PATCH', `${targetPath(id)}/signing_key/rotate`, {});
  return [textAt(rotated.signing_key), textAt(rotated.expiring_signing_key)];
}

export const listFilters = (client: ApiClient, id: string): Promise<JsonObject[]> =>
  allRows(client, { method: 'GET', path: `${targetPath(id)}/filters` });

export const createFilter = (client: ApiClient, id: string, pattern: string): Promise<JsonObject> =>
  send(client, 'POST', `${targetPath(id)}/filters`, { pattern });

const deleteFilter = (client: ApiClient, id: string, filterId: string) =>
  client.json({ method: 'DELETE', path: targetPath(id) + outgoingPath`/filters/${filterId}` });

/** Leaves exactly one filter with the new pattern. */
export async function replaceFilters(client: ApiClient, id: string, pattern: string): Promise<void> {
  const [first, ...rest] = (await listFilters(client, id)).flatMap((filter) => textAt(filter.id) ?? []);
  if (first === undefined) await createFilter(client, id, pattern);
  else await send(client, 'PATCH', targetPath(id) + outgoingPath`/filters/${first}`, { pattern });
  for (const filterId of rest) await deleteFilter(client, id, filterId);
}

/** Deliveries of the last 30 days: `failed`, `successful`, `successful_retries`, `pending_delivery`; null if unavailable. */
export async function readMetrics(client: ApiClient, id: string): Promise<Record<string, number> | null> {
  const metrics = await unlessRefused(client.json({ method: 'GET', path: `${targetPath(id)}/metrics` }), null);
  if (metrics === null) return null;
  const counts = Object.entries(objectAt(metrics)).map(([name, count]) => [name, Number(textAt(count) ?? Number.NaN)] as const);
  return Object.fromEntries(counts.filter(([, count]) => Number.isFinite(count)));
}

/** Returns `fallback` for a 4xx: data that only describes a target is not worth a failure. */
export const unlessRefused = <T, F>(call: Promise<T>, fallback: F): Promise<T | F> =>
  call.catch((error: unknown) => {
    if (error instanceof RemoteFailure && error.status >= 400 && error.status < 500) return fallback;
    throw error;
  });

const send = async (client: ApiClient, method: 'POST' | 'PATCH', path: string, body: JsonObject): Promise<JsonObject> =>
  objectAt(await client.json({ method, path, body }));
