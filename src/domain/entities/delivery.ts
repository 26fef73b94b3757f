/** A webhook request as it arrived, and its life. See docs/delivery-states.md. */
export const DELIVERY_STATES = ['pending', 'working', 'done', 'ignored', 'dead', 'handled'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export const ATTEMPT_OUTCOMES = ['done', 'retry', 'dead', 'ignored'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

export interface Attempt {
  at: string;
  outcome: AttemptOutcome;
  error: string | null;
  tookMs: number;
}

/** What is known of a request once its platform has looked at it; the door stores it with the bytes. */
export interface Arrival {
  connection: string;
  platform: string;
  method: 'POST' | 'GET';
  /** Path and query below `/webhooks/{connection}`. */
  path: string;
  /** Lower-case names; secrets already redacted. */
  headers: Record<string, string>;
  /** As received (after unpacking), secrets already redacted where a platform puts them into bodies. */
  body: Buffer;
  contentType: string | null;
  receivedAt: string;
  /** Unique per connection. */
  dedupeKey: string;
  /** True for a notification without an id: repeats join it while it is unstarted. */
  mergeable: boolean;
  eventId: string | null;
  eventType: string | null;
  /** `kind:externalId`; null where there is none: the delivery then waits for no other. */
  subject: string | null;
  /** It only names a resource: several of them are served by one fetch. */
  notification: boolean;
  /** Position of the credential that let it in, such as `auth[0].basic` or `secret[1]`. Never its value. */
  credential: string | null;
  /** `pending`, or `dead` for a body that cannot be read: its bytes are kept all the same. */
  state: 'pending' | 'dead';
  error: string | null;
}

/** What the door answers from: the stored delivery, new or known. */
export interface InsertResult {
  status: 'accepted' | 'duplicate';
  /** Of a duplicate: the first delivery under its key. */
  deliveryId: string;
  /** The key is known with other content: it is kept as a delivery of its own. */
  conflict?: true;
}

/** A stored delivery, without what came with it. */
export interface StoredDelivery {
  seq: number;
  id: string;
  connection: string;
  platform: string;
  state: DeliveryState;
  method: 'POST' | 'GET';
  /** Path and query below `/webhooks/{connection}`. */
  path: string;
  contentType: string | null;
  eventType: string | null;
  eventId: string | null;
  subject: string | null;
  notification: boolean;
  receivedAt: string;
  finishedAt: string | null;
  duplicates: number;
  conflict: boolean;
  attempts: Attempt[];
  /** How many of the attempts belong to this life: a replay starts a new one. */
  tries: number;
  error: string | null;
  /** Null unless it waits. */
  nextAttemptAt: string | null;
  /** Set while a replay is under way: `fresh` asks the platform again, `recorded` uses what the first fetch returned. */
  replay: 'fresh' | 'recorded' | null;
}

/** A delivery with all that interpreting it needs. */
export interface Delivery extends StoredDelivery {
  headers: Record<string, string>;
  body: Buffer;
}
