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
export const parseTxml = (text: string, shape: Shape): JsonObject => readXml(text, shape, null);

/** The same without the content of lines: cheap, and enough to identify the document. The whole document is still validated. */
export const readTxmlEnvelope = (text: string, shape: Shape): JsonObject => readXml(text, shape, 'line');

/** An element that has been opened and not yet closed. */
interface Element {
  /** The member of its parent that it is; for the entries of a list, the list. */
  member: string;
  isEntry: boolean;
  shape: Shape | undefined;
  text: string;
  /** Null as long as it has no elements of its own. */
  members: JsonObject | null;
}

const MOST_LEVELS = 1000;

/** One pass, without recursion. Attributes and prefixes of names are ignored, and the content of elements named `skipped` is not read. */
function readXml(text: string, shape: Shape, skipped: string | null): JsonObject {
  if (/<!DOCTYPE/i.test(text)) throw new InvalidBody('The XML has a DOCTYPE, which is not accepted');
  const parser = new SaxesParser();
  // The references that HTML defines, too. A document that defines entities of its own has a DOCTYPE.
  Object.assign(parser.ENTITIES, COMMON_HTML, CURRENCY);
  const document: Element = { member: '', isEntry: false, shape: undefined, text: '', members: null };
  const open = [document];
  let skippedLevels = 0;
  const addText = (more: string): void => {
    const element = open.at(-1);
    if (skippedLevels === 0 && element) element.text += more;
  };
  parser.on('opentag', ({ name }) => {
    const local = name.slice(name.indexOf(':') + 1);
    if (skippedLevels > 0) skippedLevels++;
    else {
      open.push(open.length === 1 ? { ...document, shape } : elementOf(local, open.at(-1)?.shape));
      if (local === skipped) skippedLevels = 1;
    }
    if (open.length + skippedLevels > MOST_LEVELS) throw new InvalidBody(`The XML has more than ${MOST_LEVELS} levels`);
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
  const root = document.members?.[''];
  if (!isObject(root)) throw new InvalidBody('The XML has no elements below its root');
  return root;
}

/** A character that XML does not allow, or an unknown reference: it stays in the text as it is, since every value around it is readable. */
const isTolerable = (message: string): boolean => /(disallowed character|undefined entity|malformed character entity)\.$/.test(message);

function elementOf(name: string, parent: Shape | undefined): Element {
  const members = parent !== undefined && typeof parent === 'object' && 'members' in parent ? parent.members : {};
  const member = listNameOf(name, members) ?? name;
  const shape = Object.hasOwn(members, member) ? members[member] : undefined;
  const isEntry = shape !== undefined && typeof shape === 'object' && 'list' in shape;
  return { member, isEntry, shape: isEntry ? shape.list : shape, text: '', members: null };
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

function closeElement(open: Element[]): void {
  const element = open.pop();
  const parent = open.at(-1);
  if (!element || !parent) return;
  parent.members ??= {};
  const content = contentOf(element, parent);
  if (element.isEntry) addEntry(parent.members, element.member, content);
  else addMember(parent.members, element.member, content);
}

function contentOf({ member, isEntry, text, members }: Element, parent: Element): Json {
  const trimmed = text.trim();
  if (members === null) return isEntry ? trimmed : typed(trimmed, member, parent.isEntry ? '' : parent.member);
  if (trimmed !== '') addMember(members, '#text', trimmed);
  return members;
}

/** An empty element is an empty list. */
function addEntry(members: JsonObject, list: string, entry: Json): void {
  const before = memberOf(members, list);
  const entries = Array.isArray(before) ? before : [];
  if (entry !== '') entries.push(entry);
  if (entries !== before) setMember(members, list, entries);
}

function addMember(members: JsonObject, name: string, value: Json): void {
  const before = memberOf(members, name);
  if (before === undefined) setMember(members, name, value);
  else if (Array.isArray(before)) before.push(value);
  else setMember(members, name, [before, value]);
}

// The equivalent JSON has numbers and booleans in these places; with text the same order would look changed whenever
// it arrived as XML by webhook and as JSON by poll. All other values stay text: `0001` is a position.
const NUMBERS = new Set(['quantity', 'priceUnitQuantity', 'discountPercentage', 'measure', 'netWeight', 'version']);
const MONEY = new Set(['priceInTransactionCurrency', 'priceInBaseCurrency']);
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;

function typed(text: string, name: string, owner: string): Json {
  const numeric = NUMBERS.has(name) || (name === 'value' && MONEY.has(owner));
  if (numeric && JSON_NUMBER.test(text)) return parseJson(text);
  if (owner === 'indicators' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
