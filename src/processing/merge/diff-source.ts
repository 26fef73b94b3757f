import type { Difference } from '../../domain/entities/change.ts';
import { type Differing, differences, memberNames, pathPart } from '../../domain/entities/diff.ts';
import type { EntityReport } from '../../domain/entities/entity.ts';
import type { Turn } from '../../domain/turn.ts';
import { decimalText } from '../../domain/values/decimal.ts';
import { canonicalText, isObject, type Json, type JsonObject, memberOf, setMember, textAt } from '../../domain/values/json.ts';
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
  turn: Turn;
}

/** A report's lines and documents have merge rules of their own; in a report without them, members of these names are ordinary content. */
export function partsOf({ lines, linesComplete, documents, sourceLines }: EntityReport): ReadonlySet<string> {
  const hasLines = lines.length > 0 || linesComplete || sourceLines !== null;
  return new Set([...(hasLines ? ['lines'] : []), ...(documents === null ? [] : ['documents'])]);
}

/** More than a reader of a change examines; the number of members that differ between two messages is not limited otherwise. */
const MOST_KEPT = 1000;

/** The differences of one source: the first thousand individually, of the rest only the number. */
interface Found {
  kept: Difference[];
  dropped: number;
}

/**
 * What changed in a platform's own JSON while the canonical content stayed the same (a note, a contact, a logistics status). Adds the first
 * thousand differences to `diff`; those beyond are one with a `count`.
 */
export async function sourceDifferences(
  before: JsonObject,
  reported: JsonObject,
  path: string,
  diff: Difference[],
  comparison: SourceComparison,
): Promise<void> {
  const names = comparison.compared === 'whole' ? memberNames(before, reported) : Object.keys(reported);
  const ignored = comparison.headerEmpty || isObject(reported.data) ? ENVELOPE : DISPATCH;
  const { without, turn } = comparison;
  const found: Found = { kept: [], dropped: 0 };
  const differing: Differing = { note: (difference) => noteDifference(found, difference), turn };
  for (const name of names) {
    await turn.pauseIfLong();
    if (IDENTIFYING.has(name) || ignored.has(name) || (!comparison.strict && VOLATILE_AT_TOP.has(name))) continue;
    if (comparison.compared === 'shared') await sharedMember(name, before, reported, path, differing, without);
    else if (!isIgnored(name, without)) {
      const one = comparableMember(name, memberOf(before, name), without);
      await turn.pauseIfLong();
      const other = comparableMember(name, memberOf(reported, name), without);
      await turn.pauseIfLong();
      await differences(one, other, `${path}/${pathPart(name)}`, differing);
    }
  }
  for (const difference of found.kept) diff.push(difference);
  if (found.dropped > 0) diff.push({ path, before: null, after: null, count: found.dropped });
}

function noteDifference(found: Found, difference: Difference): void {
  // XML has text where JSON has numbers and booleans.
  const text = textAt(difference.before);
  if (text !== null && text === textAt(difference.after)) return;
  if (found.kept.length < MOST_KEPT) found.kept.push(difference);
  else found.dropped++;
}

const isIgnored = (name: string, without: ReadonlySet<string>): boolean => VOLATILE.has(name) || without.has(name);

/** A value without its volatile members; an empty value counts as missing, since XML and JSON express it differently. */
function comparable(value: Json | undefined, without: ReadonlySet<string>): Json | undefined {
  if (value === null || value === '') return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((entry) => comparable(entry, without) ?? null);
  return isObject(value) ? comparableMembers(value, without) : value;
}

/** The object itself if all of its members are compared unchanged: a wide one is not copied. */
function comparableMembers(object: JsonObject, without: ReadonlySet<string>): JsonObject | undefined {
  const names = Object.keys(object);
  let copy: JsonObject | null = null;
  let count = 0;
  for (let position = 0; position < names.length; position++) {
    const name = names[position] ?? '';
    const member = object[name];
    const inner = isIgnored(name, without) ? undefined : comparableMember(name, member, without);
    if (copy === null && inner !== member) copy = firstMembers(object, names, position);
    if (inner === undefined) continue;
    count++;
    if (copy !== null) setMember(copy, name, inner);
  }
  return count === 0 ? undefined : (copy ?? object);
}

function firstMembers(object: JsonObject, names: readonly string[], count: number): JsonObject {
  const first: JsonObject = {};
  for (let position = 0; position < count; position++) {
    const name = names[position] ?? '';
    setMember(first, name, object[name]);
  }
  return first;
}

const comparableMember = (name: string, value: Json | undefined, without: ReadonlySet<string>): Json | undefined =>
  comparable(name === 'meta' && isObject(value) ? withoutMessage(value) : value, without);

const withoutMessage = (meta: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(meta).filter(([name]) => !VOLATILE_IN_META.has(name)));

async function sharedDifferences(
  before: Json,
  after: Json,
  path: string,
  differing: Differing,
  without: ReadonlySet<string>,
): Promise<void> {
  if (isObject(before) && isObject(after)) {
    for (const name of Object.keys(after)) {
      await differing.turn.pauseIfLong();
      await sharedMember(name, before, after, path, differing, without);
    }
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [position, entry] of before.entries()) {
      await differing.turn.pauseIfLong();
      await sharedDifferences(entry, after[position] ?? null, `${path}/${position}`, differing, without);
    }
  } else {
    const [one, other] = [comparable(before, without) ?? null, comparable(after, without) ?? null];
    if (!isSameValue(one, other)) differing.note({ path, before: one, after: other });
  }
}

async function sharedMember(
  name: string,
  before: JsonObject,
  after: JsonObject,
  path: string,
  differing: Differing,
  without: ReadonlySet<string>,
): Promise<void> {
  const member = after[name];
  if (isIgnored(name, without) || member === undefined || !Object.hasOwn(before, name)) return;
  const ofContent = (value: Json): Json => (name === 'meta' && isObject(value) ? withoutMessage(value) : value);
  await sharedDifferences(ofContent(before[name] ?? null), ofContent(member), `${path}/${pathPart(name)}`, differing, without);
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
