import type { Readable } from 'node:stream';
import type { EntityKind, Subject } from '../../domain/entities/entity.ts';
import type { CircuitState } from '../../remote/remote.ts';
import type { WebhookManagement } from './management.ts';

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
   * Each record with its own JSON text, in the order of the list. `partial`: the row is a summary; where it reports something newer than
   * what is stored, the whole resource has to be fetched.
   */
  records: { subject: Subject; text: string; partial?: boolean }[];
  /** Token of the next page; null: this was the last. */
  next: string | null;
  /** The watermark to store after the last page, as known so far, never later than the answer; null: keep the old one. */
  watermark: string | null;
  /** When the platform answered, by its own clock (ISO 8601 UTC): nothing later is proven. Null or missing: it did not say. */
  answeredAt?: string | null;
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

/** A connection's client for its platform's API: the only part of a platform that sends requests. */
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
