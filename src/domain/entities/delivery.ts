/** A webhook request as it arrived, and its states. See docs/delivery-states.md. */
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

/** What is known about a request once its platform has identified it; intake stores it with the bytes. */
export interface Arrival {
  connection: string;
  platform: string;
  method: 'POST' | 'GET';
  /** Path and query below `/webhooks/{connection}`. */
  path: string;
  /** Lower-case names; secrets already redacted. */
  headers: Record<string, string>;
  /** As received (after decompression); secrets that a platform puts into bodies are already redacted. */
  body: Buffer;
  contentType: string | null;
  receivedAt: string;
  /** Unique per connection. */
  dedupeKey: string;
  /** True for a notification without an id: repeats are merged into it until it is started. */
  mergeable: boolean;
  eventId: string | null;
  eventType: string | null;
  /** `kind:externalId`; null if there is none: the delivery then does not wait for any other. */
  subject: string | null;
  /** It only names a resource: one fetch serves several of them. */
  notification: boolean;
  /** Position of the credential that was accepted, such as `auth[0].basic` or `secret[1]`. Never its value. */
  credential: string | null;
  /** `pending`, or `dead` for an unreadable body, whose bytes are stored anyway. */
  state: 'pending' | 'dead';
  error: string | null;
}

/** The result of storing a request: the delivery, new or already known. */
export interface InsertResult {
  status: 'accepted' | 'duplicate';
  /** For a duplicate: the first delivery with its key. */
  deliveryId: string;
  /** The key is known with different content, which is stored as a separate delivery. */
  conflict?: true;
}

/** A stored delivery, without headers and body. */
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
  /** How many of the attempts count: a replay starts over. */
  tries: number;
  error: string | null;
  /** Null unless it is pending. */
  nextAttemptAt: string | null;
  /** Set while a replay is pending: `fresh` fetches from the platform again, `recorded` uses the response of the first fetch. */
  replay: 'fresh' | 'recorded' | null;
}

/** A delivery with everything needed to interpret it. */
export interface Delivery extends StoredDelivery {
  headers: Record<string, string>;
  body: Buffer;
}
