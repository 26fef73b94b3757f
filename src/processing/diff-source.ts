import type { Difference } from '../domain/change.ts';
import { differences, pathPart } from '../domain/diff.ts';
import { isObject, type Json, type JsonObject, objectAt, parseJson } from '../domain/json.ts';

/** Members that move with every message and say nothing of the content, at any depth. */
const RESTLESS = new Set([
  'lastUpdatedAt',
  'updatedAt',
  'updated_at',
  'updated',
  'last_updated',
  'meta',
  'version',
  'eventDates',
  'portalUrl',
]);
/** Members that name the entity or the message itself. */
const NAMING = new Set(['eventName', 'id', 'orderId', 'legacyOrderId']);
/** Members that are laid over by rules of their own. */
const PARTS = new Set(['lines', 'documents']);

/**
 * What changed in a platform's own JSON while the canonical content stayed the same (a note, a contact, a logistics status).
 * `shared`: only members that both have count, since events and fetches of one header are shaped differently.
 */
export function sourceDifferences(held: string, reported: JsonObject, path: string, diff: Difference[], members: 'shared' | 'all'): void {
  if (held === JSON.stringify(reported)) return;
  const before = objectAt(parseJson(held));
  for (const name of new Set([...Object.keys(before), ...Object.keys(reported)])) {
    if (NAMING.has(name) || isQuiet(name)) continue;
    if (members === 'shared' && !(Object.hasOwn(before, name) && Object.hasOwn(reported, name))) continue;
    differences(settledPart(before[name]), settledPart(reported[name]), `${path}/${pathPart(name)}`, diff);
  }
}

const isQuiet = (name: string): boolean => RESTLESS.has(name) || PARTS.has(name);

/** A value without its restless members; what is empty counts as missing, since XML and JSON write it differently. */
function settledPart(value: Json | undefined): Json | undefined {
  if (value === null || value === '') return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((entry) => settledPart(entry) ?? null);
  if (!isObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const settled = isQuiet(name) ? undefined : settledPart(member);
    return settled === undefined ? [] : [[name, settled] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

/** Members around the content that tell of the message: its name, and when it was sent. */
const MESSAGE = ['type', 'event', 'topic', 'timestamp'];

/** The same for content that nothing canonical is told of: what the message itself is called is left out. */
export function contentDifferences(held: string, reported: JsonObject, path: string, diff: Difference[]): void {
  const content = Object.entries(reported).filter(([name]) => !MESSAGE.includes(name));
  sourceDifferences(held, Object.fromEntries(content), path, diff, 'shared');
}
