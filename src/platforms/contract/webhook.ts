import type { Drift } from '../../domain/entities/drift.ts';
import type { EntityReport, Subject } from '../../domain/entities/entity.ts';
import type { AuthEntry } from './auth-entry.ts';

/** What a webhook request says before its body is read: nothing of it is believed yet. */
export interface RequestHead {
  method: 'POST' | 'GET';
  /** Below `/webhooks/{connection}`: `''`, `/orders`, `/orders/abc-PO1`. Not decoded. */
  path: string;
  /** What the route's `:names` matched, decoded. */
  params: Record<string, string>;
  query: Record<string, string>;
  /** Lower-case names; repeated headers joined by `, `. */
  headers: Record<string, string>;
  /** The address the sender called, as far as it can be known (`PUBLIC_URL`, else the request): some signatures cover it. */
  url: string;
  receivedAt: Date;
  remoteAddress: string;
}

/** A whole webhook request. */
export interface WebhookRequest extends RequestHead {
  /** The bytes as sent; unpacked when they came with `Content-Encoding: gzip`. */
  body: Buffer;
  /** How the body is to be read, from `Content-Type`, or from its first byte where there is none. */
  format: 'json' | 'xml' | 'form' | 'none';
}

/** A webhook request whose body has not been read. */
export interface IncomingWebhook extends RequestHead {
  route: Route;
  /** Reads the body once; with a proof, no more of it than the proof needs, and no more than a megabyte of it into memory before it is proven. */
  readBody(proof: BodyProof | null): Promise<ArrivedBody>;
}

export interface ArrivedBody {
  bytes: Buffer;
  format: WebhookRequest['format'];
  /** What the proof made of it; null: there was none. Bytes that are not accepted are left out. */
  verdict: BodyVerdict | null;
  /** Frees its share of the memory for large bodies. */
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

/** Headers alone decide nothing: the body is part of the proof (signatures). It is hashed as it arrives, and nothing of it is parsed. */
export interface BodyProof {
  accepted: null;
  /** Most bytes that the proof reads; absent: as many as a body may have. */
  mostBytes?: number;
  /** The verdict on a longer body; absent: it is refused for its size. */
  whenLonger?: AuthResult;
  begin(): BodyVerifier;
}
export interface BodyVerifier {
  update(chunk: Buffer): void;
  /** May throw `Unavailable`. */
  finish(): BodyVerdict;
}

/** A greeting is an unsigned message that must be answered 200 and means nothing (WooCommerce). */
export type BodyVerdict = AuthResult | { accepted: false; greeting: true };

/** What intake gives `authenticate` to check credentials with. */
export interface CredentialChecker {
  /** Tries one entry of `webhook.auth` against the request's credentials, in constant time. Throws `Unavailable` when an issuer cannot be asked. */
  accepts(entry: AuthEntry): Promise<boolean>;
  now: Date;
}

export interface Identity {
  /** The platform's own id of the event; null: none is sent. */
  eventId: string | null;
  eventType: string | null;
  subject: Subject | null;
  /** Unique per connection. Null: the SHA-256 of the raw body, or, for a mergeable notification, its subject. */
  dedupeKey: string | null;
  /** Only names a resource. */
  notification: boolean;
  /** A notification without an id: joins a still unstarted one for the same resource. */
  mergeable: boolean;
}

/** The stored request, as `interpret` reads it: pure, so that interpreting twice gives the same. */
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
}

/** What a missing resource (404) means for the delivery that named it. */
export type WhenMissing = 'retry' | 'deleted' | 'ignored';

export type Interpretation =
  | { do: 'apply'; reports: EntityReport[]; drift: Drift[] }
  | { do: 'fetch'; subject: Subject; whenMissing: WhenMissing; drift: Drift[] }
  | { do: 'ignore'; reason: string; drift: Drift[] };
