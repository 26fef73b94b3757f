import type { JsonObject } from '../values/json.ts';
import type { ReportedTime } from '../values/time.ts';

/** What Orderdock stores. Orders and shipments have lines; a record has only the header. */
export const RECORD_KINDS = [
  'item',
  'customer',
  'contact-person',
  'address',
  'price-list',
  'invoice',
  'credit-note',
  'purchaser',
  'subscription',
  'subscriber',
  'entitlement',
] as const;
export const ENTITY_KINDS = ['order', 'shipment', ...RECORD_KINDS] as const;
export type EntityKind = (typeof ENTITY_KINDS)[number];

export interface Party {
  id: string | null;
  name: string | null;
}

/** The canonical header. Amounts are decimal text; `orderedAt` is ISO 8601 UTC. */
export interface Header {
  number: string | null;
  status: string | null;
  currency: string | null;
  buyer: Party | null;
  supplier: Party | null;
  total: string | null;
  orderedAt: string | null;
}

/** A header of which nothing is known. */
export const NO_HEADER: Header = { number: null, status: null, currency: null, buyer: null, supplier: null, total: null, orderedAt: null };

export const HEADER_NAMES = [
  'number',
  'status',
  'currency',
  'buyer',
  'supplier',
  'total',
  'orderedAt',
] as const satisfies readonly (keyof Header)[];

export interface ScheduledDelivery {
  position: string | null;
  date: string | null;
  quantity: string | null;
  status: string | null;
}

export interface Price {
  net: string | null;
  gross: string | null;
  currency: string | null;
  unit: string | null;
  per: string | null;
}

/** The canonical content of a line, as returned by the API. */
export interface LineContent {
  position: string | null;
  item: { number: string | null; name: string | null; supplierNumber: string | null } | null;
  description: string | null;
  quantity: string | null;
  unit: string | null;
  status: string | null;
  price: Price | null;
  deliverySchedule: ScheduledDelivery[];
}

/** One line as reported by a platform. Without a time of its own, the report's time applies. */
export interface LineReport extends ReportedTime {
  externalId: string;
  content: LineContent;
  /** The platform's own JSON of this line, credentials redacted. */
  source: JsonObject;
  /** Only a part was reported: what is null or empty in `content` or missing from `source` keeps its stored value. */
  partial?: boolean;
  /** True: the platform reports that the line has been removed from its entity. */
  removed?: boolean;
}

/** A document as announced: its content is fetched later. `key` identifies the content (object id, else URL). */
export interface DocumentReport extends ReportedTime {
  key: string;
  name: string;
  objectId: string | null;
  url: string | null;
  code: string | null;
  revision: string | null;
  type: string | null;
  description: string | null;
  /** External id of the line that it belongs to; null: the header. */
  line: string | null;
}

/** The form of a report: a message from the platform, the response to a fetch, or a row of a list. Their structures differ. */
export type ReportForm = 'event' | 'fetch' | 'list';

/**
 * What a platform reports about one entity, by event, fetch or list: the input of `applyReports`. Anything not reported stays unchanged: `header: null`, lines that are not listed (unless `linesComplete`), `documents: null`.
 */
export interface EntityReport extends ReportedTime {
  kind: EntityKind;
  externalId: string;
  /** Set on arrival; two reports of the same form are compared as a whole. */
  form?: ReportForm;
  header: Header | null;
  lines: LineReport[];
  /** True for a fetched, whole entity: a stored line missing from it has been removed. */
  linesComplete: boolean;
  documents: DocumentReport[] | null;
  /** The entity has been deleted at the platform: a tombstone. */
  deleted: boolean;
  /** This report announces a creation: it may restore a deleted entity even without a newer time. */
  creates?: boolean;
  /** Only a part was reported (a list summary, a thin event): members that are null in `header` or missing from `source` keep their stored values. */
  partial?: boolean;
  /** The platform's own JSON of the header, credentials redacted; null: not reported. */
  source: JsonObject | null;
  /** The member of `source` where the lines' own JSON belongs (`lines`, `lineItems`); null: `source` is complete without them. */
  sourceLines: string | null;
}

/** Whether the time of the report or of one of its lines was reported but cannot be read. */
export const hasUnreadableTime = ({ timeUnreadable, lines }: EntityReport): boolean =>
  timeUnreadable === true || lines.some((line) => line.timeUnreadable);

/** One resource to fetch from a platform. */
export interface Subject {
  kind: EntityKind;
  externalId: string;
}

export const subjectText = (subject: Subject): string => `${subject.kind}:${subject.externalId}`;

/** Parses `order:abc-PO1`; null for anything else. */
export function readSubject(text: string | null): Subject | null {
  const at = text?.indexOf(':') ?? -1;
  if (text === null || at < 1) return null;
  const kind = ENTITY_KINDS.find((one) => one === text.slice(0, at));
  return kind ? { kind, externalId: text.slice(at + 1) } : null;
}
