import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Shape } from '../../../domain/entities/drift.ts';
import { InvalidBody } from '../../../domain/errors.ts';
import { isObject, type Json, type JsonObject, objectAt, parseJson } from '../../../domain/values/json.ts';

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

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  // All values stay text: `0001` is a position and `1.10` an amount.
  parseTagValue: false,
  // Only the references that XML and HTML define, including numeric ones. A document that defines entities has a DOCTYPE and
  // is rejected before.
  htmlEntities: true,
  processEntities: { enabled: true, maxTotalExpansions: Number.MAX_SAFE_INTEGER, maxExpandedLength: Number.MAX_SAFE_INTEGER },
});

/** Converts a tXML document to the equivalent JSON, with lists as in `shape`. Throws `InvalidBody`, also for any DOCTYPE. */
export function parseTxml(text: string, shape: Shape): JsonObject {
  validate(text);
  return readRoot(text.length < LARGE || text.includes('<![CDATA[') ? readXml(text) : readInPieces(text), shape);
}

/** The same without the content of lines: cheap, and enough to identify the document. The whole document is still validated. */
export function readTxmlEnvelope(text: string, shape: Shape): JsonObject {
  validate(text);
  return readRoot(readXml(replaceLines(text, () => '<line/>')), shape);
}

// Longer documents are parsed in pieces: the parser needs fifteen times the memory of its input.
const LARGE = 1_000_000;
const LINE_START = '<line>';
const LINE_END = '</line>';
const LINES_AT_ONCE = 200;

/** Replaces each line. It uses indexOf, since a regular expression would search for the end again from every line. */
function replaceLines(text: string, replacement: (line: string) => string): string {
  const pieces: string[] = [];
  let copied = 0;
  for (let start = text.indexOf(LINE_START); start >= 0; start = text.indexOf(LINE_START, copied)) {
    const end = text.indexOf(LINE_END, start);
    if (end < 0) break;
    pieces.push(text.slice(copied, start), replacement(text.slice(start, end + LINE_END.length)));
    copied = end + LINE_END.length;
  }
  return pieces.length === 0 ? text : pieces.join('') + text.slice(copied);
}

function validate(text: string): void {
  if (/<!DOCTYPE/i.test(text)) throw new InvalidBody('The XML has a DOCTYPE, which is not accepted');
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) throw new InvalidBody(`The body is not well-formed XML (line ${verdict.err.line})`);
}

function readRoot(document: JsonObject, shape: Shape): JsonObject {
  const body = asJson(Object.values(document)[0], shape);
  if (!isObject(body)) throw new InvalidBody('The XML has no elements below its root');
  return body;
}

function readXml(text: string): JsonObject {
  try {
    return parser.parse(text);
  } catch (error) {
    throw new InvalidBody('The body cannot be read as XML', { cause: error });
  }
}

/** Lines are never nested, so they are cut out, parsed by the hundred, and put back in place of their numbers. */
function readInPieces(text: string): JsonObject {
  const cut: string[] = [];
  const rest = readXml(replaceLines(text, (line) => `<line>${cut.push(line) - 1}</line>`));
  const lines: Json[] = [];
  for (let at = 0; at < cut.length; at += LINES_AT_ONCE) {
    const piece = readXml(`<lines>${cut.slice(at, at + LINES_AT_ONCE).join('')}</lines>`);
    lines.push(...asList(objectAt(piece.lines).line));
  }
  return putBack(rest, lines);
}

function putBack(value: JsonObject, lines: readonly Json[]): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (name === 'line') return [name, asList(member).map((number) => lines[Number(number)] ?? number)];
      return [name, isObject(member) ? putBack(member, lines) : member];
    }),
  );
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
    if (list === null) result[member] = asJson(content, inner, member, name);
    else result[member] = [...asList(result[member]), ...asList(content).map((entry) => asJson(entry, list))];
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

// `name` is an entry of `names` in a party, but a plain text in an item: the shape at that place decides.
function listNameOf(element: string, members: Readonly<Record<string, Shape>>): string | undefined {
  if (Object.hasOwn(members, element)) return undefined;
  return Object.keys(ELEMENTS).find((list) => Object.hasOwn(members, list) && ELEMENTS[list]?.includes(element));
}

const asList = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value]);
