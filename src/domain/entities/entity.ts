import type { JsonObject } from '../values/json.ts';
import type { ReportedTime } from '../values/time.ts';

/** What Orderdock keeps. Orders and shipments have lines; a record has the header alone. */
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

/** The canonical content of a line, as the API gives it. */
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

/** One line as a platform reports it. Without a time of its own the report's counts. */
export interface LineReport extends ReportedTime {
  externalId: string;
  content: LineContent;
  /** The platform's own JSON of this line, complete, credentials redacted. */
  source: JsonObject;
  /** True: the platform says that this line is gone from its entity. */
  removed?: boolean;
}

/** A document as it is announced: its content is fetched later. `key` names its content (object id, else address). */
export interface DocumentReport extends ReportedTime {
  key: string;
  name: string;
  objectId: string | null;
  url: string | null;
  code: string | null;
  revision: string | null;
  type: string | null;
  description: string | null;
  /** External id of the line it belongs to; null: the header's. */
  line: string | null;
}

/** How a report came: in a message that the platform sent, as the answer to a fetch, or as a row of a list. They are shaped differently. */
export type ReportForm = 'event' | 'fetch' | 'list';

/**
 * What a platform says of one entity, by event, by fetch or by list: the one shape that `pipeline/apply` understands.
 * What is not reported stays as it is: `header: null`, lines that are not listed (unless `linesComplete`), `documents: null`.
 */
export interface EntityReport extends ReportedTime {
  kind: EntityKind;
  externalId: string;
  /** Stamped on arrival; two reports of one form are compared whole. */
  form?: ReportForm;
  header: Header | null;
  lines: LineReport[];
  /** True for a fetched, whole entity: a stored line that is missing here has been removed. */
  linesComplete: boolean;
  documents: DocumentReport[] | null;
  /** The entity is gone at the platform: a tombstone. */
  deleted: boolean;
  /** This report announces a creation: it may bring a deleted entity back even without a newer time. */
  creates?: boolean;
  /** Only a part was reported (a list's summary, a thin event): what is null in `header` or missing from `source` keeps its stored value. */
  partial?: boolean;
  /** The platform's own JSON of the header, credentials redacted; null: not reported. */
  source: JsonObject | null;
  /** The member of `source` where the lines' own JSON belongs (`lines`, `lineItems`); null: `source` is whole without them. */
  sourceLines: string | null;
}

/** Whether the time of the whole, or of one of its lines, was reported and cannot be read. */
export const hasUnreadableTime = ({ timeUnreadable, lines }: EntityReport): boolean =>
  timeUnreadable === true || lines.some((line) => line.timeUnreadable);

/** What is to be fetched from a platform: one resource. */
export interface Subject {
  kind: EntityKind;
  externalId: string;
}

export const subjectText = (subject: Subject): string => `${subject.kind}:${subject.externalId}`;

/** Reads `order:abc-PO1` back; null for anything else. */
export function readSubject(text: string | null): Subject | null {
  const at = text?.indexOf(':') ?? -1;
  if (text === null || at < 1) return null;
  const kind = ENTITY_KINDS.find((one) => one === text.slice(0, at));
  return kind ? { kind, externalId: text.slice(at + 1) } : null;
}
