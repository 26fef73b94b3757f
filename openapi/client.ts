// Made by openapi/generate-client.ts from openapi/api.yaml: not to be edited.
// biome-ignore-all format: it stands as it was made

/** ISO 8601, UTC, milliseconds. */
export type Time = string;

/** ISO 8601, UTC, milliseconds; null when unknown. */
export type TimeOrNull = string | null;

/** A decimal, digit for digit as it was sent. */
export type DecimalOrNull = string | null;

/** Names this change and no other, whatever is restored from a backup: skip by it what is booked already. */
export type ChangeId = string;

/** A position in the feed. Opaque: it says which entry it names. */
export type Cursor = string;

export type EntityKind = 'order' | 'shipment' | 'item' | 'customer' | 'contact-person' | 'address' | 'price-list' | 'invoice' | 'credit-note' | 'purchaser' | 'subscription' | 'subscriber' | 'entitlement';

export type RecordKind = 'item' | 'customer' | 'contact-person' | 'address' | 'price-list' | 'invoice' | 'credit-note' | 'purchaser' | 'subscription' | 'subscriber' | 'entitlement';

/** RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  /** Stable, snake_case. */
  code: string;
  detail: string;
  errors?: ({
    path?: string;
    message?: string;
    [further: string]: unknown;
  })[];
  [further: string]: unknown;
}

export interface FeedDiverged {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  /** A position before the first entry there is. */
  oldest: string;
  /** The position of the newest entry. */
  latest: string;
  errors?: ({
    path?: string;
    message?: string;
    [further: string]: unknown;
  })[];
  [further: string]: unknown;
}

export interface Party {
  id: string | null;
  name: string | null;
}

/** An order or shipment in a list; `lines`, `documents` and `source` with `include`. */
export interface OrderRow {
  id: string;
  connection: string;
  platform: string;
  externalId: string;
  number: string | null;
  status: string | null;
  currency: string | null;
  buyer: Party | null;
  supplier: Party | null;
  total: DecimalOrNull;
  orderedAt: TimeOrNull;
  /** The time of the platform. */
  lastUpdatedAt: string | null;
  version: number;
  deletedAt: TimeOrNull;
  createdAt: Time;
  updatedAt: Time;
  lines?: Line[];
  documents?: AttachedDocument[];
  /** The JSON of the platform itself, complete, credentials redacted. */
  source?: unknown;
}

export interface Order {
  id: string;
  connection: string;
  platform: string;
  externalId: string;
  number: string | null;
  status: string | null;
  currency: string | null;
  buyer: Party | null;
  supplier: Party | null;
  total: DecimalOrNull;
  orderedAt: TimeOrNull;
  /** The time of the platform. */
  lastUpdatedAt: string | null;
  version: number;
  deletedAt: TimeOrNull;
  createdAt: Time;
  updatedAt: Time;
  lines: Line[];
  documents: AttachedDocument[];
  /** The JSON of the platform itself, complete, credentials redacted. */
  source?: unknown;
}

export type Shipment = Order;

export interface StoredRecord {
  id: string;
  connection: string;
  platform: string;
  kind: RecordKind;
  externalId: string;
  number: string | null;
  status: string | null;
  currency: string | null;
  buyer: Party | null;
  supplier: Party | null;
  total: DecimalOrNull;
  orderedAt: TimeOrNull;
  /** The time of the platform. */
  lastUpdatedAt: string | null;
  version: number;
  deletedAt: TimeOrNull;
  createdAt: Time;
  updatedAt: Time;
  /** The JSON of the platform itself, complete, credentials redacted. */
  source?: unknown;
}

export interface LineItem {
  number: string | null;
  name: string | null;
  supplierNumber: string | null;
}

export interface Price {
  net: DecimalOrNull;
  gross: DecimalOrNull;
  currency: string | null;
  unit: string | null;
  per: DecimalOrNull;
}

export interface ScheduledDelivery {
  position: string | null;
  date: string | null;
  quantity: DecimalOrNull;
  status: string | null;
}

export interface Line {
  externalId: string;
  position: string | null;
  item: LineItem | null;
  description: string | null;
  quantity: DecimalOrNull;
  unit: string | null;
  status: string | null;
  price: Price | null;
  deliverySchedule: ScheduledDelivery[];
  lastUpdatedAt: string | null;
  version: number;
  removedAt: TimeOrNull;
}

/** Only `stored` has content. `announced`: it is being fetched, or waits to be tried again. `empty`: the platform names neither an object
nor an address. `missing`: the platform does not know it. `too_large`: more than `MAX_DOCUMENT_BYTES`. `refused`: its address is not one of the
public internet. `failed`: given up after three tries.
 */
export type DocumentState = 'announced' | 'stored' | 'empty' | 'missing' | 'too_large' | 'refused' | 'failed';

export interface AttachedDocument {
  id: string;
  name: string;
  contentType: string | null;
  bytes: number | null;
  sha256: string | null;
  state: DocumentState;
  /** With `superseded`. */
  supersededBy?: string | null;
  /** With `superseded`. */
  removedAt?: string | null;
}

export interface Document {
  id: string;
  connection: string;
  /** Id of its order, where it belongs to one. */
  order: string | null;
  /** Id of its shipment, where it belongs to one. */
  shipment: string | null;
  /** The external id of its order or shipment. */
  externalId: string;
  line: string | null;
  name: string;
  code: string | null;
  revision: string | null;
  type: string | null;
  description: string | null;
  lastUpdatedAt: string | null;
  contentType: string | null;
  bytes: number | null;
  sha256: string | null;
  state: DocumentState;
  error: string | null;
  announcedAt: Time;
  storedAt: TimeOrNull;
  /** Id of the document that has replaced it: the same code on the same line, or on the header. */
  supersededBy: string | null;
  removedAt: TimeOrNull;
}

export interface Difference {
  path: string;
  before: unknown;
  after: unknown;
}

export interface Cause {
  type: 'delivery' | 'reconcile' | 'replay';
  id: string;
  eventType: string | null;
}

/** One entity went from one version to the next, and why. */
export interface Change {
  cursor: Cursor;
  changeId: ChangeId;
  at: Time;
  connection: string;
  kind: EntityKind;
  action: 'created' | 'updated' | 'deleted';
  id: string;
  externalId: string;
  version: number;
  /** Only the lines that this change touched: position, or external id where the position is empty. */
  lines: string[];
  diff: Difference[];
  cause: Cause;
  /** With `include=state`: the header and the touched lines as this entry left them; null where retention has deleted the change that set the header.
 */
  state?: EntityState | null;
  /** With `include=entity`: the whole as it is now. */
  entity?: Order | StoredRecord;
}

/** An order, shipment or record with the lines that were touched. */
export interface EntityState {
  id: string;
  connection: string;
  platform: string;
  kind?: RecordKind;
  externalId: string;
  number: string | null;
  status: string | null;
  currency: string | null;
  buyer: Party | null;
  supplier: Party | null;
  total: DecimalOrNull;
  orderedAt: TimeOrNull;
  lastUpdatedAt: TimeOrNull;
  version: number;
  deletedAt: TimeOrNull;
  createdAt: Time;
  updatedAt: Time;
  /** Only those that the entry touched. */
  lines?: Line[];
}

/** A change of one entity, and what became of it at the consumers that it is meant for. */
export interface HistoryEntry {
  cursor: Cursor;
  changeId: ChangeId;
  at: Time;
  connection: string;
  kind: EntityKind;
  action: 'created' | 'updated' | 'deleted';
  id: string;
  externalId: string;
  version: number;
  lines: string[];
  diff: Difference[];
  cause: Cause;
  consumers: ({
    consumer: string;
    readAt: TimeOrNull;
    acknowledgedAt: TimeOrNull;
    receipt: ReceiptNote | null;
  })[];
}

export interface OutstandingChange {
  cursor: Cursor;
  changeId: ChangeId;
  at: Time;
  connection: string;
  kind: EntityKind;
  action: 'created' | 'updated' | 'deleted';
  id: string;
  externalId: string;
  version: number;
  /** Only the lines that this change touched: position, or external id where the position is empty. */
  lines: string[];
  diff: Difference[];
  cause: Cause;
  ageMs: number;
  /** What it was rejected with; null while nothing has been said about it. */
  receipt: ReceiptNote | null;
}

export interface FeedPage {
  data: Change[];
  /** Never null. */
  next: string;
}

export interface OrderList {
  data: OrderRow[];
  next: string | null;
}

export interface ShipmentList {
  data: OrderRow[];
  next: string | null;
}

export interface RecordList {
  data: StoredRecord[];
  next: string | null;
}

export interface DocumentList {
  data: Document[];
  next: string | null;
}

export interface ChangeList {
  data: HistoryEntry[];
  next: string | null;
}

export interface OutstandingList {
  data: OutstandingChange[];
  next: string | null;
}

export interface ReceiptList {
  data: StoredReceipt[];
  next: string | null;
}

export interface ConsumerList {
  data: Consumer[];
  next: string | null;
}

export interface DeliveryList {
  data: DeliveryRow[];
  next: string | null;
}

export interface ConnectionList {
  data: Connection[];
  next: string | null;
}

export interface CoverageList {
  data: CoverageInterval[];
  next: string | null;
}

export interface RejectionList {
  data: Rejection[];
  next: string | null;
}

export interface ReconcileRunList {
  data: ReconcileRunRow[];
  next: string | null;
}

export interface DriftList {
  data: Drift[];
  next: string | null;
}

export interface KeyList {
  data: Key[];
  next: string | null;
}

export interface Consumer {
  name: string;
  position: Cursor;
  kind: EntityKind[] | null;
  connection: string[] | null;
  createdAt: Time;
  lastReadAt: TimeOrNull;
  lastReadPosition: string | null;
  lastAckAt: TimeOrNull;
  /** What fits the filter and is not acknowledged: how many entries, and the age of the oldest. Both 0 when it is up to date. */
  lag: {
    entries: number;
    seconds: number;
  };
  /** Alert `consumer_behind` when an entry has been unread for this long. */
  alertAfterSeconds: number;
  /** Where it is notified; null when it is not. The secret is never shown. */
  notify: {
    url: string;
  } | null;
}

export interface ConsumerWish {
  /** Where a new consumer begins: `start`, `latest` or a cursor. A known one keeps its position. */
  from?: string;
  alertAfterSeconds?: number;
  /** POST a Standard Webhook `changes.available` there while there is something new, at most every 5 s. A secret that is left out stays as it is.
 */
  notify?: {
    url: string;
    /** Base64, optionally after `whsec_`. */
    secret?: string;
  } | null;
  kind?: EntityKind | EntityKind[] | null;
  connection?: string | string[] | null;
}

export interface Acknowledgement {
  cursor: string;
  force?: boolean;
}

export interface Receipt {
  cursor: string;
  status: 'booked' | 'rejected';
  /** What the ERP calls it. */
  reference?: string | null;
  reason?: string | null;
}

/** What a consumer said became of a change, and which change that is. */
export interface StoredReceipt {
  cursor: Cursor;
  changeId: ChangeId;
  status: 'booked' | 'rejected';
  reference: string | null;
  reason: string | null;
  at: Time;
  connection: string;
  kind: EntityKind;
  id: string;
  externalId: string;
  version: number;
}

export interface ReceiptNote {
  status: 'booked' | 'rejected';
  reference: string | null;
  reason: string | null;
  at: Time;
}

export interface Receipts {
  receipts: Receipt[];
}

export interface HowMany {
  number: number;
}

export interface Attempt {
  at: Time;
  outcome: 'done' | 'retry' | 'dead' | 'ignored';
  error: string | null;
  tookMs: number;
}

export interface DeliveryRow {
  id: string;
  connection: string;
  platform: string;
  state: 'pending' | 'working' | 'done' | 'ignored' | 'dead' | 'handled';
  eventType: string | null;
  eventId: string | null;
  subject: string | null;
  receivedAt: Time;
  finishedAt: TimeOrNull;
  duplicates: number;
  /** The same event id came with different content. */
  conflict: boolean;
  attempts: Attempt[];
  error: string | null;
  nextAttemptAt: TimeOrNull;
  handled: Dismissal | null;
  /** Cursors of the feed entries it caused. */
  changes: string[];
}

export interface Delivery {
  id: string;
  connection: string;
  platform: string;
  state: 'pending' | 'working' | 'done' | 'ignored' | 'dead' | 'handled';
  eventType: string | null;
  eventId: string | null;
  subject: string | null;
  receivedAt: Time;
  finishedAt: TimeOrNull;
  duplicates: number;
  /** The same event id came with different content. */
  conflict: boolean;
  attempts: Attempt[];
  error: string | null;
  nextAttemptAt: TimeOrNull;
  handled: Dismissal | null;
  method: 'GET' | 'POST';
  path: string;
  contentType: string | null;
  headers: Record<string, string>;
  /** As received; null once retention has emptied it. */
  body: string | null;
  bodyEncoding: 'utf8' | 'base64';
  /** Cursors of the feed entries it caused. */
  changes: string[];
}

/** A delivery is meant when it fits all that are given. `from` is included, `to` is not. */
export interface ReplayFilter {
  ids?: string[];
  state?: 'pending' | 'working' | 'done' | 'ignored' | 'dead' | 'handled';
  connection?: string;
  subject?: string;
  /** A part of the event type, in any case. */
  event?: string;
  /** A part of the last error, in any case; an ellipsis (…) stands for anything. */
  error?: string;
  from?: string;
  to?: string;
}

export interface ReplayOne {
  fetch?: 'fresh' | 'recorded';
  preview?: boolean;
}

export interface Replay {
  filter?: ReplayFilter;
  ids?: string[];
  state?: 'pending' | 'working' | 'done' | 'ignored' | 'dead' | 'handled';
  connection?: string;
  subject?: string;
  /** A part of the event type, in any case. */
  event?: string;
  /** A part of the last error, in any case; an ellipsis (…) stands for anything. */
  error?: string;
  from?: string;
  to?: string;
  /** Every delivery is meant. */
  all?: boolean;
  fetch?: 'fresh' | 'recorded';
  preview?: boolean;
}

export interface Retry {
  filter?: ReplayFilter;
  ids?: string[];
  state?: 'pending' | 'working' | 'done' | 'ignored' | 'dead' | 'handled';
  connection?: string;
  subject?: string;
  /** A part of the event type, in any case. */
  event?: string;
  /** A part of the last error, in any case; an ellipsis (…) stands for anything. */
  error?: string;
  from?: string;
  to?: string;
  /** Every waiting delivery is meant. */
  all?: boolean;
}

export interface Dismiss {
  filter?: ReplayFilter;
  ids?: string[];
  state?: 'pending' | 'working' | 'done' | 'ignored' | 'dead' | 'handled';
  connection?: string;
  subject?: string;
  /** A part of the event type, in any case. */
  event?: string;
  /** A part of the last error, in any case; an ellipsis (…) stands for anything. */
  error?: string;
  from?: string;
  to?: string;
  /** Every dead delivery is meant. */
  all?: boolean;
  note?: string | null;
}

export interface DismissOne {
  note?: string | null;
}

/** Who set a dead delivery aside, when and why. */
export interface Dismissal {
  by: string;
  note: string | null;
  at: Time;
}

export interface FailureCause {
  /** Stable code of the error; `unknown_event` for an event that is not known. */
  code: string;
  /** What the errors have in common. */
  cause: string;
  connections: string[];
  /** The event type that is not known. */
  event: string | null;
  count: number;
  dead: number;
  waiting: number;
  first: Time;
  last: Time;
  /** One of the deliveries. */
  sampleId: string;
  criteria: {
    connection: string;
    error?: string;
    event?: string;
    [further: string]: unknown;
  };
}

export interface CauseList {
  data: FailureCause[];
  next: string | null;
}

export interface Alert {
  id: string;
  code: string;
  level: 'info' | 'warning' | 'critical';
  state: 'open' | 'resolved';
  connection: string | null;
  since: Time;
  resolvedAt: TimeOrNull;
  /** How often it was raised. */
  count: number;
  text: string;
  /** What to do about it. */
  remedy: string;
  details: Record<string, unknown>;
  acknowledgedAt: TimeOrNull;
  acknowledgedBy: string | null;
  mutedUntil: TimeOrNull;
}

export interface AlertList {
  data: Alert[];
  next: string | null;
}

export interface SearchHit {
  /** `delivery`, or the kind of the order, shipment or record. */
  kind: string;
  id: string;
  title: string;
  /** Its address in this API. */
  href: string;
  connection: string;
  match: {
    field: 'number' | 'externalId' | 'item' | 'position' | 'party' | 'document' | 'receipt' | 'id' | 'eventId' | 'subject';
    text: string;
    [further: string]: unknown;
  };
}

export interface SearchList {
  data: SearchHit[];
  next: string | null;
}

export interface AuditEntry {
  at: Time;
  /** Name of the key, user of the command line, or `service`. */
  who: string;
  keyName: string | null;
  via: 'api' | 'console' | 'cli' | 'service';
  address: string | null;
  /** Such as `delivery.replay`. */
  action: string;
  /** Such as `delivery:019a…`, `consumer:erp`. */
  target: string | null;
  connection: string | null;
  /** `done`, or the code of the error that refused it. */
  result: string;
  details: Record<string, unknown>;
  requestId: string | null;
}

export interface AuditList {
  data: AuditEntry[];
  next: string | null;
}

export interface MuteWish {
  until: string | null;
}

export interface ReplayPreview {
  preview: boolean;
  number: number;
  /** False: there are more deliveries than a preview looks at, or some could not be read or fetched. */
  complete: boolean;
  changes: PreviewedChange[];
}

export interface PreviewedChange {
  deliveryId: string;
  connection: string;
  kind: EntityKind;
  externalId: string;
  action: 'created' | 'updated' | 'deleted';
  lines: string[];
  diff: Difference[];
  [further: string]: unknown;
}

export interface Connection {
  name: string;
  platform: string;
  reconcile: {
    /** Cron expression; false: switched off. */
    schedule: string | boolean;
    since: string | null;
    [further: string]: unknown;
  };
  lastDeliveryAt: TimeOrNull;
  lastSuccessAt: TimeOrNull;
  backlog: number;
  oldestWaitingAt: TimeOrNull;
  circuit: 'closed' | 'open' | 'half-open' | null;
  watermark: string | null;
  lagMs: number | null;
  /** Answers of the last 24 hours, by status. */
  answers: Record<string, number>;
  failureBudget: FailureBudget | null;
  silence: Silence | null;
  latency: Latency | null;
  credentials: ({
    credential: string;
    lastUsedAt: Time;
    uses: number;
    [further: string]: unknown;
  })[];
  registrations: Registrations | null;
  [further: string]: unknown;
}

/** What the platform had registered for the connection when it was last asked (hourly, at start and by `orderdock check`); null where it cannot be asked. */
export interface Registrations {
  checkedAt: Time;
  registered: ({
    id: string;
    name: string | null;
    url: string | null;
    events: string[];
    enabled: boolean;
    /** The platform's own count of deliveries, by its own names (Ordergroove: failed, successful, successful_retries, pending_delivery, of the last 30 days); null: it publishes none. */
    statistics: Record<string, number> | null;
    [further: string]: unknown;
  })[];
  [further: string]: unknown;
}

/** How much of the patience of the platform our failures have used up. */
export interface FailureBudget {
  /** The rule of the platform, in words. */
  rule: string;
  kind: 'consecutive' | 'attempts-per-event' | 'time-without-success' | null;
  /** Failures in a row, tries for one event, or days without a success; null: the platform never gives up. */
  limit: number | null;
  used: number;
  usedPercent: number;
  consecutiveFailures: number;
  firstFailureAt: TimeOrNull;
  lastSuccessAt: TimeOrNull;
  [further: string]: unknown;
}

/** How long it has been quiet, and how long it may be by its own history. */
export interface Silence {
  quietMs: number | null;
  /** Null while too little is known of it. */
  expectedMs: number | null;
  silent: boolean;
  [further: string]: unknown;
}

/** How long changes took on each leg of their way from the platform to the books. */
export interface Latency {
  platformToReceived: Percentiles;
  receivedToApplied: Percentiles;
  appliedToPulled: Percentiles;
  pulledToBooked: Percentiles;
  [further: string]: unknown;
}

/** Milliseconds; null without a sample. */
export interface Percentiles {
  p50: number | null;
  p90: number | null;
  p99: number | null;
  samples: number;
  [further: string]: unknown;
}

export interface Rejection {
  at: Time;
  /** Where the request came from. */
  address: string | null;
  status: '401' | '403';
  code: string;
  reason: string | null;
  /** What the credentials looked like, such as `basic, user name of 6 characters, password of 12 characters`; never their value. */
  credential: string | null;
}

export interface CoverageInterval {
  from: TimeOrNull;
  to: TimeOrNull;
  state: 'proven' | 'open' | 'unproven';
  reason: string | null;
  runId: string | null;
}

export interface Counts {
  seen: number;
  unchanged: number;
  applied: number;
  gaps: number;
  failed: number;
}

export interface ReconcileRunRow {
  id: string;
  connection: string;
  trigger: 'schedule' | 'start' | 'demand';
  state: 'running' | 'done' | 'failed';
  startedAt: Time;
  finishedAt: TimeOrNull;
  watermark: string | null;
  error: string | null;
  counts: Counts;
}

export interface ReconcileWish {
  /** Read from this time (ISO 8601) instead of where the last run ended. */
  since?: string | null;
}

export interface ReconcileRun {
  id: string;
  connection: string;
  trigger: 'schedule' | 'start' | 'demand';
  state: 'running' | 'done' | 'failed';
  startedAt: Time;
  finishedAt: TimeOrNull;
  watermark: string | null;
  error: string | null;
  counts: Counts;
  gaps: Gap[];
}

/** A change that no delivery had reported. */
export interface Gap {
  kind: EntityKind;
  externalId: string;
  cause: 'never_delivered' | 'rejected' | 'failed_after_accept' | 'stopped' | 'late';
  /** Such as status and time of a rejection; for never_delivered, what the platform itself says: `failedAtPlatform` deliveries that it gave up, `disabledAtPlatform`. */
  details: unknown;
  cursor: string | null;
  platformAt: string | null;
  at: Time;
}

export interface Drift {
  connection: string;
  platform: string;
  /** `overflow`: what was too much to keep one by one (50 new rows of a delivery, 1,000 of a connection); `count` says how many. */
  kind: 'event' | 'field' | 'value' | 'overflow';
  name: string;
  path: string;
  firstSeenAt: Time;
  lastSeenAt: Time;
  count: number;
  /** A delivery that had it. */
  sampleId: string;
}

export interface Key {
  name: string;
  role: 'reader' | 'operator' | 'admin';
  connections: KeyConnections;
  consumers: KeyConsumers;
  /** From the setting API_KEYS, or made here. */
  origin: 'settings' | 'stored';
  createdAt: TimeOrNull;
  lastUsedAt: TimeOrNull;
}

/** The key sees and touches nothing of other connections; null: no limit. */
export type KeyConnections = string[] | null;

/** The key sees and touches no other consumers; null: no limit, but a reader acknowledges and receipts only the consumer of its own name. */
export type KeyConsumers = string[] | null;

export interface KeyWish {
  name: string;
  role: 'reader' | 'operator' | 'admin';
  connections?: KeyConnections;
  consumers?: KeyConsumers;
}

export interface NewKey {
  name: string;
  role: 'reader' | 'operator' | 'admin';
  connections: KeyConnections;
  consumers: KeyConsumers;
  createdAt: Time;
  key: string;
}

export interface Invariants {
  violations: number;
  checkedAt: Time;
  checks: ({
    name: string;
    violations: number;
    sample?: string[];
    [further: string]: unknown;
  })[];
  [further: string]: unknown;
}

export interface ClientOptions {
  baseUrl: string;
  /** An API key. */
  key: string;
  fetch?: typeof globalThis.fetch;
}

/** An answer that is no success; `problem` is what the service says of it. */
export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

interface Asked {
  query?: Record<string, string | number | boolean | string[] | undefined>;
  headers?: Record<string, string | undefined>;
  body?: unknown;
}

function caller(baseUrl: string, key: string, fetch: typeof globalThis.fetch) {
  const raw = async (method: string, path: string, { query = {}, headers = {}, body }: Asked): Promise<Response> => {
    const url = new URL(`${baseUrl}/api/v1${path}`);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    const sent = new Headers({ Authorization: `Bearer ${key}` });
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) sent.set(name, value);
    if (body !== undefined) sent.set('Content-Type', 'application/json');
    const response = await fetch(url, { method, headers: sent, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new ApiError((await response.json()) as Problem);
    return response;
  };
  return {
    raw,
    json: async <T>(method: string, path: string, asked: Asked): Promise<T> => (await raw(method, path, asked)).json() as Promise<T>,
    nothing: async (method: string, path: string, asked: Asked): Promise<void> => void (await raw(method, path, asked)),
  };
}

/** Every operation of the API; `baseUrl` is without `/api/v1`. */
export function createClient({ baseUrl, key, fetch = globalThis.fetch }: ClientOptions) {
  const request = caller(baseUrl, key, fetch);
  return {
    /** List orders. */
    listOrders: (asked: { id?: string[]; connection?: string; status?: string; number?: string; updatedAfter?: string; include?: ('lines' | 'documents' | 'source')[]; limit?: number; after?: string } = {}): Promise<OrderList> => request.json('GET', `/orders`, { query: { id: asked.id, connection: asked.connection, status: asked.status, number: asked.number, updatedAfter: asked.updatedAfter, include: asked.include, limit: asked.limit, after: asked.after } }),
    /** List orders (CSV). */
    listOrdersCsv: (asked: { id?: string[]; connection?: string; status?: string; number?: string; updatedAfter?: string; include?: ('lines' | 'documents' | 'source')[]; limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/orders.csv`, { query: { id: asked.id, connection: asked.connection, status: asked.status, number: asked.number, updatedAfter: asked.updatedAfter, include: asked.include, limit: asked.limit, after: asked.after } }),
    /** Read one order. */
    getOrder: (asked: { id: string; asOf?: string; superseded?: boolean; include?: ('lines' | 'documents' | 'source')[] }): Promise<Order> => request.json('GET', `/orders/${encodeURIComponent(asked.id)}`, { query: { asOf: asked.asOf, superseded: asked.superseded, include: asked.include } }),
    /** Every change of one order. */
    getOrderHistory: (asked: { id: string; limit?: number; after?: string }): Promise<ChangeList> => request.json('GET', `/orders/${encodeURIComponent(asked.id)}/history`, { query: { limit: asked.limit, after: asked.after } }),
    /** Every change of one order (CSV). */
    getOrderHistoryCsv: (asked: { id: string; limit?: number; after?: string }): Promise<Response> => request.raw('GET', `/orders/${encodeURIComponent(asked.id)}/history.csv`, { query: { limit: asked.limit, after: asked.after } }),
    /** Read one order by the platform's id. */
    getOrderByExternalId: (asked: { connection: string; externalId: string; asOf?: string; superseded?: boolean; include?: ('lines' | 'documents' | 'source')[] }): Promise<Order> => request.json('GET', `/orders/by-external/${encodeURIComponent(asked.connection)}/${encodeURIComponent(asked.externalId)}`, { query: { asOf: asked.asOf, superseded: asked.superseded, include: asked.include } }),
    /** List shipments. */
    listShipments: (asked: { id?: string[]; connection?: string; status?: string; number?: string; updatedAfter?: string; include?: ('lines' | 'documents' | 'source')[]; limit?: number; after?: string } = {}): Promise<ShipmentList> => request.json('GET', `/shipments`, { query: { id: asked.id, connection: asked.connection, status: asked.status, number: asked.number, updatedAfter: asked.updatedAfter, include: asked.include, limit: asked.limit, after: asked.after } }),
    /** List shipments (CSV). */
    listShipmentsCsv: (asked: { id?: string[]; connection?: string; status?: string; number?: string; updatedAfter?: string; include?: ('lines' | 'documents' | 'source')[]; limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/shipments.csv`, { query: { id: asked.id, connection: asked.connection, status: asked.status, number: asked.number, updatedAfter: asked.updatedAfter, include: asked.include, limit: asked.limit, after: asked.after } }),
    /** Read one shipment. */
    getShipment: (asked: { id: string; asOf?: string; superseded?: boolean; include?: ('lines' | 'documents' | 'source')[] }): Promise<Shipment> => request.json('GET', `/shipments/${encodeURIComponent(asked.id)}`, { query: { asOf: asked.asOf, superseded: asked.superseded, include: asked.include } }),
    /** Every change of one shipment. */
    getShipmentHistory: (asked: { id: string; limit?: number; after?: string }): Promise<ChangeList> => request.json('GET', `/shipments/${encodeURIComponent(asked.id)}/history`, { query: { limit: asked.limit, after: asked.after } }),
    /** Every change of one shipment (CSV). */
    getShipmentHistoryCsv: (asked: { id: string; limit?: number; after?: string }): Promise<Response> => request.raw('GET', `/shipments/${encodeURIComponent(asked.id)}/history.csv`, { query: { limit: asked.limit, after: asked.after } }),
    /** Read one shipment by the platform's id. */
    getShipmentByExternalId: (asked: { connection: string; externalId: string; asOf?: string; superseded?: boolean; include?: ('lines' | 'documents' | 'source')[] }): Promise<Shipment> => request.json('GET', `/shipments/by-external/${encodeURIComponent(asked.connection)}/${encodeURIComponent(asked.externalId)}`, { query: { asOf: asked.asOf, superseded: asked.superseded, include: asked.include } }),
    /** List records. */
    listRecords: (asked: { id?: string[]; kind?: 'item' | 'customer' | 'contact-person' | 'address' | 'price-list' | 'invoice' | 'credit-note' | 'purchaser' | 'subscription' | 'subscriber' | 'entitlement'; connection?: string; status?: string; number?: string; updatedAfter?: string; include?: ('lines' | 'documents' | 'source')[]; limit?: number; after?: string } = {}): Promise<RecordList> => request.json('GET', `/records`, { query: { id: asked.id, kind: asked.kind, connection: asked.connection, status: asked.status, number: asked.number, updatedAfter: asked.updatedAfter, include: asked.include, limit: asked.limit, after: asked.after } }),
    /** List records (CSV). */
    listRecordsCsv: (asked: { id?: string[]; kind?: 'item' | 'customer' | 'contact-person' | 'address' | 'price-list' | 'invoice' | 'credit-note' | 'purchaser' | 'subscription' | 'subscriber' | 'entitlement'; connection?: string; status?: string; number?: string; updatedAfter?: string; include?: ('lines' | 'documents' | 'source')[]; limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/records.csv`, { query: { id: asked.id, kind: asked.kind, connection: asked.connection, status: asked.status, number: asked.number, updatedAfter: asked.updatedAfter, include: asked.include, limit: asked.limit, after: asked.after } }),
    /** Read one record. */
    getRecord: (asked: { id: string; asOf?: string; include?: ('lines' | 'documents' | 'source')[] }): Promise<StoredRecord> => request.json('GET', `/records/${encodeURIComponent(asked.id)}`, { query: { asOf: asked.asOf, include: asked.include } }),
    /** Every change of one record. */
    getRecordHistory: (asked: { id: string; limit?: number; after?: string }): Promise<ChangeList> => request.json('GET', `/records/${encodeURIComponent(asked.id)}/history`, { query: { limit: asked.limit, after: asked.after } }),
    /** Every change of one record (CSV). */
    getRecordHistoryCsv: (asked: { id: string; limit?: number; after?: string }): Promise<Response> => request.raw('GET', `/records/${encodeURIComponent(asked.id)}/history.csv`, { query: { limit: asked.limit, after: asked.after } }),
    /** Read one record by the platform's id. */
    getRecordByExternalId: (asked: { connection: string; kind: 'item' | 'customer' | 'contact-person' | 'address' | 'price-list' | 'invoice' | 'credit-note' | 'purchaser' | 'subscription' | 'subscriber' | 'entitlement'; externalId: string; asOf?: string; include?: ('lines' | 'documents' | 'source')[] }): Promise<StoredRecord> => request.json('GET', `/records/by-external/${encodeURIComponent(asked.connection)}/${encodeURIComponent(asked.kind)}/${encodeURIComponent(asked.externalId)}`, { query: { asOf: asked.asOf, include: asked.include } }),
    /** List documents. */
    listDocuments: (asked: { order?: string; shipment?: string; connection?: string; state?: DocumentState; superseded?: boolean; limit?: number; after?: string } = {}): Promise<DocumentList> => request.json('GET', `/documents`, { query: { order: asked.order, shipment: asked.shipment, connection: asked.connection, state: asked.state, superseded: asked.superseded, limit: asked.limit, after: asked.after } }),
    /** List documents (CSV). */
    listDocumentsCsv: (asked: { order?: string; shipment?: string; connection?: string; state?: DocumentState; superseded?: boolean; limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/documents.csv`, { query: { order: asked.order, shipment: asked.shipment, connection: asked.connection, state: asked.state, superseded: asked.superseded, limit: asked.limit, after: asked.after } }),
    /** Read what is known of one document. */
    getDocument: (asked: { id: string }): Promise<Document> => request.json('GET', `/documents/${encodeURIComponent(asked.id)}`, {}),
    /** Download one document. */
    getDocumentContent: (asked: { id: string; Range?: string }): Promise<Response> => request.raw('GET', `/documents/${encodeURIComponent(asked.id)}/content`, { headers: { Range: asked.Range } }),
    /** Read the feed. */
    listChanges: (asked: { kind?: ('order' | 'shipment' | 'item' | 'customer' | 'contact-person' | 'address' | 'price-list' | 'invoice' | 'credit-note' | 'purchaser' | 'subscription' | 'subscriber' | 'entitlement')[]; connection?: string[]; after?: string; limit?: number; wait?: number; include?: ('state' | 'entity')[] } = {}): Promise<FeedPage> => request.json('GET', `/changes`, { query: { kind: asked.kind, connection: asked.connection, after: asked.after, limit: asked.limit, wait: asked.wait, include: asked.include } }),
    /** Read the feed (CSV). */
    listChangesCsv: (asked: { kind?: ('order' | 'shipment' | 'item' | 'customer' | 'contact-person' | 'address' | 'price-list' | 'invoice' | 'credit-note' | 'purchaser' | 'subscription' | 'subscriber' | 'entitlement')[]; connection?: string[]; after?: string; limit?: number; wait?: number; include?: ('state' | 'entity')[] } = {}): Promise<Response> => request.raw('GET', `/changes.csv`, { query: { kind: asked.kind, connection: asked.connection, after: asked.after, limit: asked.limit, wait: asked.wait, include: asked.include } }),
    /** Follow the feed as server-sent events. */
    streamChanges: (asked: { kind?: ('order' | 'shipment' | 'item' | 'customer' | 'contact-person' | 'address' | 'price-list' | 'invoice' | 'credit-note' | 'purchaser' | 'subscription' | 'subscriber' | 'entitlement')[]; connection?: string[]; after?: string; 'Last-Event-ID'?: string; include?: ('state' | 'entity')[] } = {}): Promise<Response> => request.raw('GET', `/changes/stream`, { query: { kind: asked.kind, connection: asked.connection, after: asked.after, include: asked.include }, headers: { 'Last-Event-ID': asked['Last-Event-ID'] } }),
    /** List consumers. */
    listConsumers: (asked: { limit?: number; after?: string } = {}): Promise<ConsumerList> => request.json('GET', `/consumers`, { query: { limit: asked.limit, after: asked.after } }),
    /** List consumers (CSV). */
    listConsumersCsv: (asked: { limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/consumers.csv`, { query: { limit: asked.limit, after: asked.after } }),
    /** Read one consumer. */
    getConsumer: (asked: { name: string }): Promise<Consumer> => request.json('GET', `/consumers/${encodeURIComponent(asked.name)}`, {}),
    /** Register a consumer. */
    putConsumer: (asked: { name: string; body?: ConsumerWish }): Promise<Consumer> => request.json('PUT', `/consumers/${encodeURIComponent(asked.name)}`, { body: asked.body }),
    /** Drop a consumer with its position and receipts. */
    deleteConsumer: (asked: { name: string }): Promise<void> => request.nothing('DELETE', `/consumers/${encodeURIComponent(asked.name)}`, {}),
    /** Read from the position of a consumer. */
    readAsConsumer: (asked: { name: string; limit?: number; wait?: number; include?: ('state' | 'entity')[] }): Promise<FeedPage> => request.json('GET', `/consumers/${encodeURIComponent(asked.name)}/changes`, { query: { limit: asked.limit, wait: asked.wait, include: asked.include } }),
    /** Read from the position of a consumer (CSV). */
    readAsConsumerCsv: (asked: { name: string; limit?: number; wait?: number; include?: ('state' | 'entity')[] }): Promise<Response> => request.raw('GET', `/consumers/${encodeURIComponent(asked.name)}/changes.csv`, { query: { limit: asked.limit, wait: asked.wait, include: asked.include } }),
    /** Move the position of a consumer. */
    acknowledge: (asked: { name: string; body: Acknowledgement }): Promise<Consumer> => request.json('POST', `/consumers/${encodeURIComponent(asked.name)}/ack`, { body: asked.body }),
    /** What a consumer said became of changes, in the order of the feed. */
    listReceipts: (asked: { name: string; status?: 'booked' | 'rejected'; limit?: number; after?: string }): Promise<ReceiptList> => request.json('GET', `/consumers/${encodeURIComponent(asked.name)}/receipts`, { query: { status: asked.status, limit: asked.limit, after: asked.after } }),
    /** Say what became of changes that were pulled. */
    sendReceipts: (asked: { name: string; body: Receipts }): Promise<HowMany> => request.json('POST', `/consumers/${encodeURIComponent(asked.name)}/receipts`, { body: asked.body }),
    /** What a consumer said became of changes, in the order of the feed (CSV). */
    listReceiptsCsv: (asked: { name: string; status?: 'booked' | 'rejected'; limit?: number; after?: string }): Promise<Response> => request.raw('GET', `/consumers/${encodeURIComponent(asked.name)}/receipts.csv`, { query: { status: asked.status, limit: asked.limit, after: asked.after } }),
    /** What was pulled and is not booked, oldest first. */
    listOutstanding: (asked: { name: string; limit?: number; after?: string }): Promise<OutstandingList> => request.json('GET', `/consumers/${encodeURIComponent(asked.name)}/outstanding`, { query: { limit: asked.limit, after: asked.after } }),
    /** What was pulled and is not booked, oldest first (CSV). */
    listOutstandingCsv: (asked: { name: string; limit?: number; after?: string }): Promise<Response> => request.raw('GET', `/consumers/${encodeURIComponent(asked.name)}/outstanding.csv`, { query: { limit: asked.limit, after: asked.after } }),
    /** List deliveries, newest first. */
    listDeliveries: (asked: { state?: 'pending' | 'working' | 'done' | 'ignored' | 'dead' | 'handled'; connection?: string; subject?: string; eventType?: string; event?: string; error?: string; text?: string; from?: string; to?: string; limit?: number; after?: string } = {}): Promise<DeliveryList> => request.json('GET', `/deliveries`, { query: { state: asked.state, connection: asked.connection, subject: asked.subject, eventType: asked.eventType, event: asked.event, error: asked.error, text: asked.text, from: asked.from, to: asked.to, limit: asked.limit, after: asked.after } }),
    /** List deliveries, newest first (CSV). */
    listDeliveriesCsv: (asked: { state?: 'pending' | 'working' | 'done' | 'ignored' | 'dead' | 'handled'; connection?: string; subject?: string; eventType?: string; event?: string; error?: string; text?: string; from?: string; to?: string; limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/deliveries.csv`, { query: { state: asked.state, connection: asked.connection, subject: asked.subject, eventType: asked.eventType, event: asked.event, error: asked.error, text: asked.text, from: asked.from, to: asked.to, limit: asked.limit, after: asked.after } }),
    /** Read one delivery with headers and body. */
    getDelivery: (asked: { id: string }): Promise<Delivery> => request.json('GET', `/deliveries/${encodeURIComponent(asked.id)}`, {}),
    /** Work one delivery again. */
    replayDelivery: (asked: { id: string; body?: ReplayOne }): Promise<ReplayPreview | HowMany> => request.json('POST', `/deliveries/${encodeURIComponent(asked.id)}/replay`, { body: asked.body }),
    /** Work many deliveries again, or see what that would change. */
    replayDeliveries: (asked: { body: Replay }): Promise<ReplayPreview | HowMany> => request.json('POST', `/deliveries/replay`, { body: asked.body }),
    /** Retry one waiting delivery now. */
    retryDelivery: (asked: { id: string }): Promise<HowMany> => request.json('POST', `/deliveries/${encodeURIComponent(asked.id)}/retry`, {}),
    /** Set one dead delivery aside as handled. */
    dismissDelivery: (asked: { id: string; body?: DismissOne }): Promise<HowMany> => request.json('POST', `/deliveries/${encodeURIComponent(asked.id)}/dismiss`, { body: asked.body }),
    /** Retry waiting deliveries now. */
    retryDeliveries: (asked: { body?: Retry } = {}): Promise<HowMany> => request.json('POST', `/deliveries/retry`, { body: asked.body }),
    /** Set dead deliveries aside as handled. */
    dismissDeliveries: (asked: { body: Dismiss }): Promise<HowMany> => request.json('POST', `/deliveries/dismiss`, { body: asked.body }),
    /** Why deliveries fail, grouped by cause. */
    listCauses: (asked: { connection?: string; limit?: number } = {}): Promise<CauseList> => request.json('GET', `/deliveries/causes`, { query: { connection: asked.connection, limit: asked.limit } }),
    /** Why deliveries fail, grouped by cause (CSV). */
    listCausesCsv: (asked: { connection?: string; limit?: number } = {}): Promise<Response> => request.raw('GET', `/deliveries/causes.csv`, { query: { connection: asked.connection, limit: asked.limit } }),
    /** List connections with their health. */
    listConnections: (asked: { limit?: number; after?: string } = {}): Promise<ConnectionList> => request.json('GET', `/connections`, { query: { limit: asked.limit, after: asked.after } }),
    /** List connections with their health (CSV). */
    listConnectionsCsv: (asked: { limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/connections.csv`, { query: { limit: asked.limit, after: asked.after } }),
    /** Read one connection with its health. */
    getConnection: (asked: { name: string }): Promise<Connection> => request.json('GET', `/connections/${encodeURIComponent(asked.name)}`, {}),
    /** What is known to be complete, and what is not. */
    getCoverage: (asked: { name: string; limit?: number; after?: string }): Promise<CoverageList> => request.json('GET', `/connections/${encodeURIComponent(asked.name)}/coverage`, { query: { limit: asked.limit, after: asked.after } }),
    /** What is known to be complete, and what is not (CSV). */
    getCoverageCsv: (asked: { name: string; limit?: number; after?: string }): Promise<Response> => request.raw('GET', `/connections/${encodeURIComponent(asked.name)}/coverage.csv`, { query: { limit: asked.limit, after: asked.after } }),
    /** Webhook requests that were refused for their credentials. */
    listRejections: (asked: { name: string; limit?: number; after?: string }): Promise<RejectionList> => request.json('GET', `/connections/${encodeURIComponent(asked.name)}/rejections`, { query: { limit: asked.limit, after: asked.after } }),
    /** Webhook requests that were refused for their credentials (CSV). */
    listRejectionsCsv: (asked: { name: string; limit?: number; after?: string }): Promise<Response> => request.raw('GET', `/connections/${encodeURIComponent(asked.name)}/rejections.csv`, { query: { limit: asked.limit, after: asked.after } }),
    /** Compare with the platform's API now. */
    reconcile: (asked: { name: string; body?: ReconcileWish }): Promise<ReconcileRun> => request.json('POST', `/connections/${encodeURIComponent(asked.name)}/reconcile`, { body: asked.body }),
    /** List reconcile runs, newest first. */
    listReconcileRuns: (asked: { connection?: string; state?: 'running' | 'done' | 'failed'; limit?: number; after?: string } = {}): Promise<ReconcileRunList> => request.json('GET', `/reconcile-runs`, { query: { connection: asked.connection, state: asked.state, limit: asked.limit, after: asked.after } }),
    /** List reconcile runs, newest first (CSV). */
    listReconcileRunsCsv: (asked: { connection?: string; state?: 'running' | 'done' | 'failed'; limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/reconcile-runs.csv`, { query: { connection: asked.connection, state: asked.state, limit: asked.limit, after: asked.after } }),
    /** Read one run with the gaps it found. */
    getReconcileRun: (asked: { id: string }): Promise<ReconcileRun> => request.json('GET', `/reconcile-runs/${encodeURIComponent(asked.id)}`, {}),
    /** What platforms sent that our description of them does not know. */
    listDrift: (asked: { connection?: string; kind?: 'event' | 'field' | 'value' | 'overflow'; limit?: number; after?: string } = {}): Promise<DriftList> => request.json('GET', `/drift`, { query: { connection: asked.connection, kind: asked.kind, limit: asked.limit, after: asked.after } }),
    /** What platforms sent that our description of them does not know (CSV). */
    listDriftCsv: (asked: { connection?: string; kind?: 'event' | 'field' | 'value' | 'overflow'; limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/drift.csv`, { query: { connection: asked.connection, kind: asked.kind, limit: asked.limit, after: asked.after } }),
    /** List alerts. */
    listAlerts: (asked: { state?: 'open' | 'resolved' | 'all'; code?: string; connection?: string; limit?: number; after?: string } = {}): Promise<AlertList> => request.json('GET', `/alerts`, { query: { state: asked.state, code: asked.code, connection: asked.connection, limit: asked.limit, after: asked.after } }),
    /** List alerts (CSV). */
    listAlertsCsv: (asked: { state?: 'open' | 'resolved' | 'all'; code?: string; connection?: string; limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/alerts.csv`, { query: { state: asked.state, code: asked.code, connection: asked.connection, limit: asked.limit, after: asked.after } }),
    /** Find orders, shipments, records and deliveries. */
    search: (asked: { q: string; limit?: number }): Promise<SearchList> => request.json('GET', `/search`, { query: { q: asked.q, limit: asked.limit } }),
    /** Find orders, shipments, records and deliveries (CSV). */
    searchCsv: (asked: { q: string; limit?: number }): Promise<Response> => request.raw('GET', `/search.csv`, { query: { q: asked.q, limit: asked.limit } }),
    /** Who changed what. */
    listAudit: (asked: { who?: string; action?: string; target?: string; connection?: string; from?: string; to?: string; limit?: number; after?: string } = {}): Promise<AuditList> => request.json('GET', `/audit`, { query: { who: asked.who, action: asked.action, target: asked.target, connection: asked.connection, from: asked.from, to: asked.to, limit: asked.limit, after: asked.after } }),
    /** Who changed what (CSV). */
    listAuditCsv: (asked: { who?: string; action?: string; target?: string; connection?: string; from?: string; to?: string; limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/audit.csv`, { query: { who: asked.who, action: asked.action, target: asked.target, connection: asked.connection, from: asked.from, to: asked.to, limit: asked.limit, after: asked.after } }),
    /** Acknowledge an open alert. */
    acknowledgeAlert: (asked: { id: string }): Promise<Alert> => request.json('POST', `/alerts/${encodeURIComponent(asked.id)}/acknowledge`, {}),
    /** Mute an open alert for a time. */
    muteAlert: (asked: { id: string; body: MuteWish }): Promise<Alert> => request.json('POST', `/alerts/${encodeURIComponent(asked.id)}/mute`, { body: asked.body }),
    /** List API keys. */
    listKeys: (asked: { limit?: number; after?: string } = {}): Promise<KeyList> => request.json('GET', `/keys`, { query: { limit: asked.limit, after: asked.after } }),
    /** Make an API key. */
    createKey: (asked: { body: KeyWish }): Promise<NewKey> => request.json('POST', `/keys`, { body: asked.body }),
    /** List API keys (CSV). */
    listKeysCsv: (asked: { limit?: number; after?: string } = {}): Promise<Response> => request.raw('GET', `/keys.csv`, { query: { limit: asked.limit, after: asked.after } }),
    /** End an API key at once. */
    deleteKey: (asked: { name: string }): Promise<void> => request.nothing('DELETE', `/keys/${encodeURIComponent(asked.name)}`, {}),
    /** What must always hold, checked. */
    getInvariants: (): Promise<Invariants> => request.json('GET', `/invariants`, {}),
  };
}

export type Client = ReturnType<typeof createClient>;
