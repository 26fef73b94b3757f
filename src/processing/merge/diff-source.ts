import type { Difference } from '../../domain/entities/change.ts';
import { differences, pathPart } from '../../domain/entities/diff.ts';
import type { EntityReport } from '../../domain/entities/entity.ts';
import { decimalText } from '../../domain/values/decimal.ts';
import { canonicalText, isObject, type Json, type JsonObject, objectAt, parseJson, textAt } from '../../domain/values/json.ts';
import { readTime } from '../../domain/values/time.ts';

/** Members that move with every message and say nothing of the content, at any depth. */
const RESTLESS = new Set(['lastUpdatedAt', 'updatedAt', 'updated_at', 'updated', 'last_updated', 'order_updated']);
/** The same within a `meta`: it tells of the message, and may hold content beside. */
const MESSAGE_META = new Set(['messageId', 'createdDateTime', 'source']);
/** Members that move with every change, where they stand beside the content. At an equal time they are content. */
const RESTLESS_ON_TOP = new Set(['version', 'eventDates', 'portalUrl']);
/** Members that name the entity or the message itself, beside the content. */
const NAMING = new Set(['eventName', 'id', 'orderId', 'legacyOrderId']);
/** Members around the content that tell of the message: what it is called, and when it was sent. */
const MESSAGE = new Set([
  ...['type', 'event', 'topic', 'timestamp', 'event_id', 'eventId', 'eventType', 'eventCreated', 'webhookId'],
  ...['created_at', 'createdAt'],
]);
/** The same where the content stands beside them. */
const SENDING = new Set(['timestamp', 'event_id', 'eventId', 'webhookId']);

export interface SourceComparison {
  /** `whole`: every member of either; `reported`: those of the report; `shared`: what both have, at any depth. */
  compared: 'whole' | 'reported' | 'shared';
  /** Members that are merged by rules of their own. */
  without: ReadonlySet<string>;
  /** Two reports of one time: whatever differs is a change. */
  strict: boolean;
  /** Nothing canonical is told: the source may be a message that only names what it is about. */
  wordless?: boolean;
}

/** Lines and documents of a report are merged by rules of their own; where it has none, such members are content like any other. */
export function partsOf({ lines, linesComplete, documents, sourceLines }: EntityReport): ReadonlySet<string> {
  const hasLines = lines.length > 0 || linesComplete || sourceLines !== null;
  return new Set([...(hasLines ? ['lines'] : []), ...(documents === null ? [] : ['documents'])]);
}

/** What changed in a platform's own JSON while the canonical content stayed the same (a note, a contact, a logistics status). */
export function sourceDifferences(held: string, reported: JsonObject, path: string, diff: Difference[], how: SourceComparison): void {
  if (held === JSON.stringify(reported)) return;
  const before = objectAt(parseJson(held));
  const names = how.compared === 'whole' ? new Set([...Object.keys(before), ...Object.keys(reported)]) : Object.keys(reported);
  const around = how.wordless || isObject(reported.data) ? MESSAGE : SENDING;
  const found: Difference[] = [];
  for (const name of names) {
    if (NAMING.has(name) || around.has(name) || (!how.strict && RESTLESS_ON_TOP.has(name))) continue;
    if (how.compared === 'shared') sharedDifferences(only(name, before), only(name, reported), path, found, how.without);
    else if (!isQuiet(name, how.without)) {
      const [one, other] = [before[name], reported[name]].map((value) => settledMember(name, value, how.without));
      differences(one, other, `${path}/${pathPart(name)}`, found);
    }
  }
  // XML has text where JSON has numbers and flags.
  diff.push(...found.filter((one) => textAt(one.before) === null || textAt(one.before) !== textAt(one.after)));
}

const only = (name: string, object: JsonObject): JsonObject => (Object.hasOwn(object, name) ? { [name]: object[name] } : {});

const isQuiet = (name: string, without: ReadonlySet<string>): boolean => RESTLESS.has(name) || without.has(name);

/** A value without its restless members; what is empty counts as missing, since XML and JSON write it differently. */
function settled(value: Json | undefined, without: ReadonlySet<string>): Json | undefined {
  if (value === null || value === '') return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((entry) => settled(entry, without) ?? null);
  if (!isObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const inner = isQuiet(name, without) ? undefined : settledMember(name, member, without);
    return inner === undefined ? [] : [[name, inner] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

const settledMember = (name: string, value: Json | undefined, without: ReadonlySet<string>): Json | undefined =>
  settled(name === 'meta' && isObject(value) ? withoutMessage(value) : value, without);

const withoutMessage = (meta: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(meta).filter(([name]) => !MESSAGE_META.has(name)));

function sharedDifferences(before: Json, after: Json, path: string, diff: Difference[], without: ReadonlySet<string>): void {
  if (isObject(before) && isObject(after)) {
    for (const [name, member] of Object.entries(after)) {
      if (isQuiet(name, without) || member === undefined || !Object.hasOwn(before, name)) continue;
      const [one, other] = [before[name] ?? null, member].map((value) =>
        name === 'meta' && isObject(value) ? withoutMessage(value) : value,
      );
      sharedDifferences(one ?? null, other ?? null, `${path}/${pathPart(name)}`, diff, without);
    }
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [position, entry] of before.entries())
      sharedDifferences(entry, after[position] ?? null, `${path}/${position}`, diff, without);
  } else {
    const [one, other] = [settled(before, without) ?? null, settled(after, without) ?? null];
    if (!isSameValue(one, other)) diff.push({ path, before: one, after: other });
  }
}

/** Messages and answers write the same value differently: a number as text, a time as seconds or as a date. */
function isSameValue(one: Json, other: Json): boolean {
  if (canonicalText(one) === canonicalText(other)) return true;
  const [a, b] = [textAt(one), textAt(other)];
  if (a === null || b === null) return false;
  if (a === b || (decimalText(a) !== null && decimalText(b) !== null && Number(a) === Number(b))) return true;
  // Of two times in different notations only one may name its zone: then they cannot be told apart.
  return notation(a) !== notation(b) && readTime(one) !== null && readTime(other) !== null && (isDate(a) || isDate(b));
}

const notation = (text: string): string => text.replaceAll(/\d/g, '0');
const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}/.test(text);
