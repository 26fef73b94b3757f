import { COMMON_HTML, CURRENCY } from '@nodable/entities';
import { SaxesParser } from 'saxes';
import type { Shape } from '../../../domain/entities/drift.ts';
import { InvalidBody } from '../../../domain/errors.ts';
import { isObject, type Json, type JsonObject, memberOf, parseJson, setMember } from '../../../domain/values/json.ts';

// tXML has no wrapper elements for lists: `lines` of the JSON are repeated `line` elements. How the two schedules "including requests" are
// written is unpublished, so every likely spelling is accepted. (Tradecloud's samples of order.xml, 2026-05.)
export const ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  lines: ['line'],
  names: ['name'],
  addressLines: ['addressLine'],
  deliverySchedule: ['deliveryScheduleLine'],
  deliveryScheduleIncludingRequests: [
    'deliveryScheduleIncludingRequestsLine',
    'deliveryScheduleLineIncludingRequests',
    'deliveryScheduleIncludingRequestsDeliveryScheduleLine',
  ],
  deliveryHistory: ['deliveryHistoryLine'],
  chargeLines: ['chargeLine'],
  properties: ['property'],
  documents: ['document'],
  notes: ['note'],
  labels: ['label'],
  dimensions: ['dimension'],
};

/** Converts a tXML document to the equivalent JSON, with lists as in `shape`. Throws `InvalidBody`, also for any DOCTYPE. */
export function parseTxml(text: string, shape: Shape): JsonObject {
  return toJson(readXml(text, null), shape);
}

/** The same without the content of lines: cheap, and enough to identify the document. The whole document is still validated. */
export function readTxmlEnvelope(text: string, shape: Shape): JsonObject {
  return toJson(readXml(text, 'line'), shape);
}

function toJson(root: Json, shape: Shape): JsonObject {
  const body = asJson(root, shape);
  if (!isObject(body)) throw new InvalidBody('The XML has no elements below its root');
  return body;
}

interface Element {
  name: string;
  text: string;
  /** Null as long as it has no elements of its own. */
  members: JsonObject | null;
}

/**
 * The content of the root element: elements by their names without prefixes, those of one name as a list. All values stay text: `0001` is a position
 * and `1.10` an amount. Attributes are ignored, and the content of elements named `skipped` is not read. One pass, without recursion.
 */
function readXml(text: string, skipped: string | null): Json {
  if (/<!DOCTYPE/i.test(text)) throw new InvalidBody('The XML has a DOCTYPE, which is not accepted');
  const parser = new SaxesParser();
  // The references that HTML defines, too. A document that defines entities of its own has a DOCTYPE.
  Object.assign(parser.ENTITIES, COMMON_HTML, CURRENCY);
  const open: Element[] = [{ name: '', text: '', members: null }];
  let skippedLevels = 0;
  const addText = (more: string): void => {
    const element = open.at(-1);
    if (skippedLevels === 0 && element) element.text += more;
  };
  parser.on('opentag', ({ name }) => {
    const local = name.slice(name.indexOf(':') + 1);
    if (skippedLevels > 0) skippedLevels++;
    else {
      open.push({ name: local, text: '', members: null });
      if (local === skipped) skippedLevels = 1;
    }
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    if (skippedLevels > 0) skippedLevels--;
    if (skippedLevels === 0) closeElement(open);
  });
  parser.on('error', ({ message }) => {
    if (!isTolerable(message)) throw new InvalidBody(`The body is not well-formed XML (line ${parser.line})`);
  });
  parser.write(text).close();
  return Object.values(open[0]?.members ?? {})[0] ?? null;
}

/** A character that XML does not allow, or an unknown reference: it stays in the text as it is, since every value around it is readable. */
const isTolerable = (message: string): boolean => /(disallowed character|undefined entity|malformed character entity)\.$/.test(message);

function closeElement(open: Element[]): void {
  const element = open.pop();
  const parent = open.at(-1);
  if (!element || !parent) return;
  parent.members ??= {};
  addMember(parent.members, element.name, contentOf(element));
}

function contentOf({ text, members }: Element): Json {
  const trimmed = text.trim();
  if (members === null) return trimmed;
  if (trimmed !== '') addMember(members, '#text', trimmed);
  return members;
}

function addMember(members: JsonObject, name: string, value: Json): void {
  const before = memberOf(members, name);
  if (before === undefined) setMember(members, name, value);
  else if (Array.isArray(before)) before.push(value);
  else setMember(members, name, [before, value]);
}

function asJson(value: Json | undefined, shape: Shape | undefined, name = '', owner = ''): Json {
  if (Array.isArray(value)) return value.map((entry) => asJson(entry, shape, name, owner));
  if (!isObject(value)) return typeof value === 'string' ? typed(value, name, owner) : null;
  const members = shape !== undefined && typeof shape === 'object' && 'members' in shape ? shape.members : {};
  const result: JsonObject = {};
  for (const [element, content] of Object.entries(value)) {
    const member = listNameOf(element, members) ?? element;
    const inner = Object.hasOwn(members, member) ? members[member] : undefined;
    const list = inner !== undefined && typeof inner === 'object' && 'list' in inner ? inner.list : null;
    if (list === null) setMember(result, member, asJson(content, inner, member, name));
    else result[member] = [...asList(memberOf(result, member)), ...asList(content).map((entry) => asJson(entry, list))];
  }
  return result;
}

// The equivalent JSON has numbers and booleans in these places; with text the same order would look changed whenever
// it arrived as XML by webhook and as JSON by poll.
const NUMBERS = new Set(['quantity', 'priceUnitQuantity', 'discountPercentage', 'measure', 'netWeight', 'version']);
const MONEY = new Set(['priceInTransactionCurrency', 'priceInBaseCurrency']);
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;

function typed(text: string, name: string, owner: string): Json {
  const numeric = NUMBERS.has(name) || (name === 'value' && MONEY.has(owner));
  if (numeric && JSON_NUMBER.test(text)) return parseJson(text);
  if (owner === 'indicators' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** The lists whose entries an element may be. */
const LISTS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.values(ELEMENTS)
    .flat()
    .map((element) => [element, Object.keys(ELEMENTS).filter((list) => ELEMENTS[list]?.includes(element))]),
);

// `name` is an entry of `names` in a party, but a plain text in an item: the shape at that place decides.
function listNameOf(element: string, members: Readonly<Record<string, Shape>>): string | undefined {
  if (Object.hasOwn(members, element)) return undefined;
  return LISTS.get(element)?.find((list) => Object.hasOwn(members, list));
}

const asList = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value]);
