import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Drift, Shape } from '../../domain/drift.ts';
import type { EntityKind, EntityReport, Subject } from '../../domain/entity.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { CircuitState, Remote } from '../../remote/remote.ts';
import type { AuthEntry } from './auth-entry.ts';

/** A webhook request as the door hands it on: raw bytes, nothing believed yet. */
export interface WebhookRequest {
  method: 'POST' | 'GET';
  /** Below `/webhooks/{connection}`: `''`, `/orders`, `/orders/abc-PO1`. Not decoded. */
  path: string;
  /** What the route's `:names` matched, decoded. */
  params: Record<string, string>;
  query: Record<string, string>;
  /** Lower-case names; repeated headers joined by `, `. */
  headers: Record<string, string>;
  /** The bytes as sent; unpacked when they came with `Content-Encoding: gzip`. */
  body: Buffer;
  /** How the body is to be read, from `Content-Type`, or from its first byte where there is none. */
  format: 'json' | 'xml' | 'form' | 'none';
  /** The address the sender called, as far as it can be known (`PUBLIC_URL`, else the request): some signatures cover it. */
  url: string;
  receivedAt: Date;
  remoteAddress: string;
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

/** What the door lends to `authenticate`. */
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

/** What a fetch brought. `text` is the body as received, credentials redacted: it is kept with the delivery for replays. */
export interface FetchedResource {
  text: string;
  /** Only a part of the resource (header members from a list): it is applied, and the rest is fetched later. */
  partial: boolean;
}

/** Where a page of a list begins. */
export interface ListPosition {
  /** The stored watermark, a string of the platform's own making; null on the first run. */
  watermark: string | null;
  /** The connection's `reconcile.since`; null: the platform folder's own default. */
  since: string | null;
  /** The token that the page before gave; null: the first page. */
  page: string | null;
}

export interface ResourcePage {
  /**
   * Each record with its own JSON text, in the order of the list. `partial`: the row is a summary; where it tells of something newer than
   * what is held, the whole resource has to be fetched.
   */
  records: { subject: Subject; text: string; partial?: boolean }[];
  /** Token of the next page; null: this was the last. */
  next: string | null;
  /** The watermark to store after the last page, as known so far; null: keep the old one. */
  watermark: string | null;
  total: number | null;
}

/** A kind of list that reconciliation pages through, such as `orders`. */
export interface ListStream {
  name: string;
  kinds: readonly EntityKind[];
  /** Without a change filter the whole list is read, and its content compared. */
  incremental: boolean;
}

export interface OpenedDocument {
  filename: string | null;
  contentType: string | null;
  content: Readable;
  contentLength: number | null;
}

/** One finding of `orderdock check`. */
export interface CheckResult {
  what: string;
  ok: boolean;
  text: string;
}

export interface RegisteredWebhook {
  id: string;
  url: string | null;
  events: string[];
  enabled: boolean;
}

/**
 * Puts secrets that a management API shows only once where the settings expect them: `setting` is the member of the connection
 * (`webhook.verificationKey`), `values` all that are valid from now on, the newest first.
 */
export type SaveSecret = (setting: string, values: readonly string[]) => Promise<void>;

/** The management API of a platform that has one. Secrets it returns are handed to `keepSecret`, never to the caller. */
export interface WebhookManagement {
  list(): Promise<RegisteredWebhook[]>;
  register(url: string, events: string[] | null): Promise<RegisteredWebhook>;
  update(id: string, url: string, events: string[] | null): Promise<RegisteredWebhook>;
  delete(id: string): Promise<void>;
  rotateSecret?(id: string): Promise<void>;
}

/** A connection's line to its platform's API. The only thing of a platform that calls out. */
export interface PlatformApi {
  /** Throws `RemoteMissing` for an unknown resource, `RemoteFailure` for anything else. `priority`: fetches for deliveries (the default) go first. */
  fetch(subject: Subject, priority?: 'fetch' | 'reconcile'): Promise<FetchedResource>;
  /** Header members of many resources in one call, for bursts above the detail limit: subject text → JSON text. */
  fetchSummaries?(subjects: readonly Subject[]): Promise<Map<string, string>>;
  streams: readonly ListStream[];
  /** One page of a list, everything changed since the watermark (with the platform's own overlap). */
  changesSince(stream: string, start: ListPosition): Promise<ResourcePage>;
  openDocument?(document: { objectId: string | null; url: string | null }): Promise<OpenedDocument>;
  check(): Promise<CheckResult[]>;
  /** Of the client that fetches go through. */
  circuit(): CircuitState;
  webhooks?: WebhookManagement;
}

/** What the platform does with our answers: data, with the platform's rule and its source. */
export interface RetryPolicy {
  rule: string;
  source: string;
  /** Statuses after which the sender does not try again. */
  final: readonly (readonly [from: number, to: number])[];
  /** When it gives up on us altogether. */
  budget: { kind: 'consecutive' | 'attempts-per-event'; limit: number } | { kind: 'time-without-success'; days: number } | null;
}

/** One event type of a platform: what becomes of it. */
export interface EventDescription {
  type: string;
  kind: EntityKind | null;
  effect: 'apply' | 'fetch' | 'delete' | 'ignore';
  note?: string;
}

/** A webhook as the simulated platform sends it, signed; `path` is below `/webhooks/{connection}`. */
export interface OutgoingWebhook {
  method: 'POST' | 'GET';
  path: string;
  headers: Record<string, string>;
  body: string;
  eventType: string;
  subject: Subject | null;
}

export interface SimulatedRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}
export interface SimulatedResponse {
  status: number;
  headers?: Record<string, string>;
  body: string | Buffer;
}

/** A platform in small: its world, its API, its webhooks. One value per sandbox connection. */
export interface Simulation {
  /** The platform's API. Paths are those below the simulator's base URL. */
  answer(request: SimulatedRequest): SimulatedResponse;
  /** Makes `eventType` happen in the simulated world and gives the webhooks it sends. `form`: a sender's variant, such as `get` or `xml`. */
  emit(eventType: string, form?: string): OutgoingWebhook[];
  /** The first start's short story: what to happen, in order. */
  story: readonly { eventType: string; form?: string }[];
  /** What the world holds now: for comparing with the store. */
  resources(): { subject: Subject; text: string }[];
}

export interface SimulationOptions {
  now(): Date;
  random(): number;
  makeId(): string;
  /** Base URL of the simulator's own HTTP server: download addresses are made with it. */
  baseUrl: string;
}

/** What every connection's settings have, whatever the platform. */
export interface CommonSettings {
  webhook: { auth?: AuthEntry[] | undefined; allowIps?: string[] | undefined };
}

/**
 * A platform is one folder, one value, one line in `registry.ts`. The members stand in the order in which a webhook meets them.
 * `S` is what the connection's settings parse to.
 */
export interface Platform<S extends CommonSettings = CommonSettings> {
  name: string;
  title: string;
  /** The connection's own part of the connections file: everything but `platform` and `reconcile`. Strict: unknown members are faults. */
  settings: z.ZodType<S>;
  routes: readonly Route[];
  events: readonly EventDescription[];
  retryPolicy: RetryPolicy;
  /** What we know of its bodies, by a name that the platform's README explains; compared with `openapi/`. */
  shapes: Readonly<Record<string, Shape>>;
  /** Headers, beside the usual ones, that hold credentials: redacted before anything is stored. */
  secretHeaders(settings: S): readonly string[];
  /** Credentials that the platform puts into bodies, taken out before anything is stored. */
  redactBody?(body: Buffer): Buffer;
  /** An unsigned greeting that must be answered 200 and means nothing (WooCommerce). */
  isGreeting?(request: WebhookRequest, settings: S): boolean;
  /** No secret configured: nothing is accepted. May throw `Refused` (403 with a code of the platform's) or `Unavailable`. */
  authenticate(request: WebhookRequest, settings: S, gatekeeper: CredentialChecker): Promise<AuthResult>;
  /** Throws `InvalidBody` when the body has no recognisable shape. An unknown event type is none. */
  identify(request: WebhookRequest, settings: S): Identity;
  /** Pure. Throws `InvalidBody` when what was recognised cannot be read after all. */
  interpret(delivery: StoredRequest, settings: S): Interpretation;
  /** Pure: what a fetched or listed resource says. */
  readFetched(subject: Subject, text: string, settings: S): { reports: EntityReport[]; drift: Drift[] };
  /** Null: the connection has no API configured. Without `keepSecret`, calls whose answer holds a new secret are refused. */
  connect(settings: S, remote: Remote, keepSecret?: SaveSecret): PlatformApi | null;
  /** What an operator has to enter in the platform's portal, one line each, secrets left out. */
  portalGuide(settings: S, webhookUrl: string): string[];
  /** A connection for the sandbox, as it would stand in the connections file; credentials are generated. */
  sandboxConnection(baseUrl: string, secret: () => string): JsonObject;
  simulate(settings: S, tools: SimulationOptions): Simulation;
}

/** A platform whose settings type is known to itself alone. */
export type AnyPlatform = Platform<CommonSettings>;

/** Seals a platform's settings type: from here on only the platform itself looks into them. */
export const definePlatform = <S extends CommonSettings>(platform: Platform<S>): AnyPlatform => platform as unknown as AnyPlatform;

/** One configured relationship with one platform. */
export interface Connection {
  /** `[a-z0-9-]{1,64}`; in URLs, rows, logs; never changes. */
  name: string;
  platform: AnyPlatform;
  settings: CommonSettings;
  reconcile: { schedule: string | false; since: string | null };
}

/** The connections in force. A reload (SIGHUP) puts new ones in place of the old at once. */
export interface Connections {
  get(name: string): Connection | undefined;
  list(): readonly Connection[];
}
