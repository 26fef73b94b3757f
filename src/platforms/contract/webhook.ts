import type { Drift } from '../../domain/entities/drift.ts';
import type { EntityReport, Subject } from '../../domain/entities/entity.ts';
import type { JsonObject } from '../../domain/values/json.ts';
import type { AuthEntry } from './auth-entry.ts';

/** A webhook request before its body is read: none of it is trusted yet. */
export interface RequestHead {
  method: 'POST' | 'GET';
  /** Below `/webhooks/{connection}`: `''`, `/orders`, `/orders/abc-PO1`. Not decoded. */
  path: string;
  /** The decoded values of the route's `:names`. */
  params: Record<string, string>;
  query: Record<string, string>;
  /** Lower-case names; repeated headers joined by `, `. */
  headers: Record<string, string>;
  /** The address that the sender called, as far as it is known (`PUBLIC_URL`, else the request): some signatures cover it. */
  url: string;
  receivedAt: Date;
  remoteAddress: string;
}

/** A complete webhook request. */
export interface WebhookRequest extends RequestHead {
  /** The bytes as sent, decompressed if they had `Content-Encoding: gzip`. */
  body: Buffer;
  /** How to parse the body, from `Content-Type` or, without one, from its first byte. */
  format: 'json' | 'xml' | 'form' | 'none';
}

/** A webhook request whose body has not been read. */
export interface IncomingWebhook extends RequestHead {
  route: Route;
  /** Whether its credentials have been accepted: set by intake. Until then anyone may have sent it. */
  authenticated: boolean;
  /** Reads the body once; with a proof, no more than the proof needs, and at most one megabyte into memory before it is verified. */
  readBody(proof: BodyProof | null): Promise<ArrivedBody>;
}

export interface ArrivedBody {
  bytes: Buffer;
  format: WebhookRequest['format'];
  /** The verdict of the proof; null without one. The bytes of a rejected body are left out. */
  verdict: BodyVerdict | null;
  /** Releases its share of the memory for large bodies. */
  release(): void;
}

/** One request form that a platform uses below `/webhooks/{connection}`. */
export interface Route {
  method: 'POST' | 'GET';
  /** `''`, `/orders`, `/orders/:orderId`: a name matches one URL-encoded segment. */
  path: string;
  formats: readonly WebhookRequest['format'][];
}

/** `credential`: position of the entry that accepted, such as `auth[1].bearer` or `secret[0]`; never its value. */
export type AuthResult = { accepted: true; credential: string } | { accepted: false; reason: string };

/** The headers are not enough: the body is part of the proof (signatures). It is hashed as it arrives and not parsed. */
export interface BodyProof {
  accepted: null;
  /** Maximum number of bytes that the proof reads; default: the limit for bodies. */
  mostBytes?: number;
  /** The verdict on a longer body; default: it is refused for its size. */
  whenLonger?: AuthResult;
  begin(): BodyVerifier;
}
export interface BodyVerifier {
  update(chunk: Buffer): void;
  /** May throw `Unavailable`. */
  finish(): BodyVerdict;
}

/** A greeting is an unsigned message without meaning that must be answered with 200 (WooCommerce). */
export type BodyVerdict = AuthResult | { accepted: false; greeting: true };

/** What `authenticate` gets from intake to check credentials. */
export interface CredentialChecker {
  /** Tries one entry of `webhook.auth` against the request's credentials, in constant time. Throws `Unavailable` if an issuer cannot be reached. */
  accepts(entry: AuthEntry): Promise<boolean>;
  now: Date;
}

export interface Identity {
  /** The platform's own id of the event; null if it sends none. */
  eventId: string | null;
  eventType: string | null;
  subject: Subject | null;
  /** Unique per connection. Null means the SHA-256 of the raw body or, for a mergeable notification, its subject. */
  dedupeKey: string | null;
  /** Only names a resource. */
  notification: boolean;
  /** A notification without an id: merges with one for the same resource that has not been started. */
  mergeable: boolean;
  /** The body of at most `MOST_RETAINED_BYTES`, parsed as `interpret` would: it need not be parsed again. */
  document?: JsonObject | undefined;
}

/** The stored request that `interpret` reads. Interpreting it is pure, so repeating it gives the same result. */
export interface StoredRequest {
  method: 'POST' | 'GET';
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  contentType: string | null;
  eventType: string | null;
  eventId: string | null;
  subject: string | null;
  receivedAt: string;
  /** The body as `identify` has just parsed it; usually missing. */
  document?: JsonObject | undefined;
}

/** What a missing resource (404) means for the delivery that named it. */
export type WhenMissing = 'retry' | 'deleted' | 'ignored';

export type Interpretation =
  | { do: 'apply'; reports: EntityReport[]; drift: Drift[] }
  | { do: 'fetch'; subject: Subject; whenMissing: WhenMissing; drift: Drift[] }
  | { do: 'ignore'; reason: string; drift: Drift[] };
