import type { Readable } from 'node:stream';
import type { EntityKind, Subject } from '../../domain/entities/entity.ts';
import type { CircuitState } from '../../remote/remote.ts';
import type { WebhookManagement } from './management.ts';

/** The result of a fetch. `text` is the body as received, credentials redacted: it is stored with the delivery for replays. */
export interface FetchedResource {
  text: string;
  /** Only part of the resource (header members from a list): it is applied and the rest is fetched later. */
  partial: boolean;
}

/** Where a list page starts. */
export interface ListPosition {
  /** The stored watermark, an opaque string from the platform folder; null on the first run. */
  watermark: string | null;
  /** The connection's `reconcile.since`; null for the platform folder's default. */
  since: string | null;
  /** The token from the previous page; null for the first page. */
  page: string | null;
}

export interface ResourcePage {
  /**
   * Each record with its JSON text, in list order. `partial`: the row is a summary; if it is newer than
   * what is stored, the complete resource has to be fetched.
   */
  records: { subject: Subject; text: string; partial?: boolean }[];
  /** The number of rows that name no resource. The run counts them as failed: a list with such a row proves nothing. */
  unnamed?: number;
  /** Token of the next page; null after the last one. */
  next: string | null;
  /** The watermark to store after the last page, as known so far and never later than the response; null to keep the old one. */
  watermark: string | null;
  /** When the platform responded, by its own clock (ISO 8601 UTC): coverage is proven up to here. Null or missing if unknown. */
  answeredAt?: string | null;
  total: number | null;
}

/** A list that reconciliation pages through, such as `orders`. */
export interface ListStream {
  name: string;
  kinds: readonly EntityKind[];
  /** False for lists without a change filter, which are read completely and compared by content. */
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

/** A connection's API client: the only part of a platform that sends requests. */
export interface PlatformApi {
  /** Throws `RemoteMissing` for an unknown resource, `RemoteFailure` for anything else. `priority`: fetches for deliveries (the default) go first. */
  fetch(subject: Subject, priority?: 'fetch' | 'reconcile'): Promise<FetchedResource>;
  /** Header members of many resources in one call, for bursts beyond the detail limit: subject text → JSON text. */
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
