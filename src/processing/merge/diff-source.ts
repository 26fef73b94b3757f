import type { Difference } from '../../domain/entities/change.ts';
import { differences, pathPart } from '../../domain/entities/diff.ts';
import type { EntityReport } from '../../domain/entities/entity.ts';
import { decimalText } from '../../domain/values/decimal.ts';
import { canonicalText, isObject, type Json, type JsonObject, objectAt, parseJson, textAt } from '../../domain/values/json.ts';
import { readTime } from '../../domain/values/time.ts';

/** Members that differ in every message without a change of content, at any depth. */
const VOLATILE = new Set(['lastUpdatedAt', 'updatedAt', 'updated_at', 'updated', 'last_updated', 'order_updated']);
/** The same within a `meta`, which describes the message and may also contain content. */
const VOLATILE_IN_META = new Set(['messageId', 'createdDateTime', 'source']);
/** Top-level members that differ after every change. At an equal time they count as content. */
const VOLATILE_AT_TOP = new Set(['version', 'eventDates', 'portalUrl']);
/** Top-level members that identify the entity or the message itself. */
const IDENTIFYING = new Set(['eventName', 'id', 'orderId', 'legacyOrderId']);
/** Members of an envelope that describe the message: its name, and when it was sent. */
const ENVELOPE = new Set([
  ...['type', 'event', 'topic', 'timestamp', 'event_id', 'eventId', 'eventType', 'eventCreated', 'webhookId'],
  ...['created_at', 'createdAt'],
]);
/** The same for messages without an envelope, whose content is at the top level. */
const DISPATCH = new Set(['timestamp', 'event_id', 'eventId', 'webhookId']);

export interface SourceComparison {
  /** `whole`: the members of both; `reported`: only those of the report; `shared`: only those that both have, at any depth. */
  compared: 'whole' | 'reported' | 'shared';
  /** Members with merge rules of their own. */
  without: ReadonlySet<string>;
  /** Both reports have the same time: every difference is a change. */
  strict: boolean;
  /** The canonical header is empty: the source may be a message that only identifies its subject. */
  headerEmpty?: boolean;
}

/** A report's lines and documents have merge rules of their own; in a report without them, members of these names are ordinary content. */
export function partsOf({ lines, linesComplete, documents, sourceLines }: EntityReport): ReadonlySet<string> {
  const hasLines = lines.length > 0 || linesComplete || sourceLines !== null;
  return new Set([...(hasLines ? ['lines'] : []), ...(documents === null ? [] : ['documents'])]);
}

/** What changed in a platform's own JSON while the canonical content stayed the same (a note, a contact, a logistics status). */
export function sourceDifferences(
  stored: string,
  reported: JsonObject,
  path: string,
  diff: Difference[],
  comparison: SourceComparison,
): void {
  if (stored === JSON.stringify(reported)) return;
  const before = objectAt(parseJson(stored));
  const names = comparison.compared === 'whole' ? new Set([...Object.keys(before), ...Object.keys(reported)]) : Object.keys(reported);
  const ignored = comparison.headerEmpty || isObject(reported.data) ? ENVELOPE : DISPATCH;
  const found: Difference[] = [];
  for (const name of names) {
    if (IDENTIFYING.has(name) || ignored.has(name) || (!comparison.strict && VOLATILE_AT_TOP.has(name))) continue;
    if (comparison.compared === 'shared') sharedDifferences(only(name, before), only(name, reported), path, found, comparison.without);
    else if (!isIgnored(name, comparison.without)) {
      const [one, other] = [before[name], reported[name]].map((value) => comparableMember(name, value, comparison.without));
      differences(one, other, `${path}/${pathPart(name)}`, found);
    }
  }
  // XML has text where JSON has numbers and booleans.
  diff.push(...found.filter((one) => textAt(one.before) === null || textAt(one.before) !== textAt(one.after)));
}

const only = (name: string, object: JsonObject): JsonObject => (Object.hasOwn(object, name) ? { [name]: object[name] } : {});

const isIgnored = (name: string, without: ReadonlySet<string>): boolean => VOLATILE.has(name) || without.has(name);

/** A value without its volatile members; an empty value counts as missing, since XML and JSON express it differently. */
function comparable(value: Json | undefined, without: ReadonlySet<string>): Json | undefined {
  if (value === null || value === '') return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((entry) => comparable(entry, without) ?? null);
  if (!isObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const inner = isIgnored(name, without) ? undefined : comparableMember(name, member, without);
    return inner === undefined ? [] : [[name, inner] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

const comparableMember = (name: string, value: Json | undefined, without: ReadonlySet<string>): Json | undefined =>
  comparable(name === 'meta' && isObject(value) ? withoutMessage(value) : value, without);

const withoutMessage = (meta: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(meta).filter(([name]) => !VOLATILE_IN_META.has(name)));

function sharedDifferences(before: Json, after: Json, path: string, diff: Difference[], without: ReadonlySet<string>): void {
  if (isObject(before) && isObject(after)) {
    for (const [name, member] of Object.entries(after)) {
      if (isIgnored(name, without) || member === undefined || !Object.hasOwn(before, name)) continue;
      const [one, other] = [before[name] ?? null, member].map((value) =>
        name === 'meta' && isObject(value) ? withoutMessage(value) : value,
      );
      sharedDifferences(one ?? null, other ?? null, `${path}/${pathPart(name)}`, diff, without);
    }
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [position, entry] of before.entries())
      sharedDifferences(entry, after[position] ?? null, `${path}/${position}`, diff, without);
  } else {
    const [one, other] = [comparable(before, without) ?? null, comparable(after, without) ?? null];
    if (!isSameValue(one, other)) diff.push({ path, before: one, after: other });
  }
}

/** Messages and API responses may write the same value differently: a number as text, a time as seconds or as a date. */
function isSameValue(one: Json, other: Json): boolean {
  if (canonicalText(one) === canonicalText(other)) return true;
  const [a, b] = [textAt(one), textAt(other)];
  if (a === null || b === null) return false;
  if (a === b || (decimalText(a) !== null && decimalText(b) !== null && Number(a) === Number(b))) return true;
  // Of two times in different notations only one may state its zone, so they cannot be compared: they count as equal.
  return notation(a) !== notation(b) && readTime(one) !== null && readTime(other) !== null && (isDate(a) || isDate(b));
}

const notation = (text: string): string => text.replaceAll(/\d/g, '0');
const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}/.test(text);
