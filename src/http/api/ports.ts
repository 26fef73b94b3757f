import type { Readable } from 'node:stream';
import type { Context } from '../../context.ts';
import type { Role } from '../../domain/role.ts';
import type { ReplayPreview } from '../../processing/preview-replay.ts';
import type { ReplayFetch, ReplayFilter } from '../../processing/replay.ts';

export type { PreviewedChange, ReplayPreview } from '../../processing/preview-replay.ts';
export type { ReplayFetch, ReplayFilter } from '../../processing/replay.ts';

type Connection = NonNullable<ReturnType<Context['connections']['get']>>;

/** A key from the setting `API_KEYS`. */
export interface SettingsKey {
  name: string;
  role: Role;
  key: string;
}

/** What is told of a connection's health; the nested ones are plain JSON. */
export interface ConnectionHealth {
  lastDeliveryAt: string | null;
  lastSuccessAt: string | null;
  /** Deliveries that wait or are being worked. */
  backlog: number;
  oldestWaitingAt: string | null;
  circuit: 'closed' | 'open' | 'half-open' | null;
  watermark: string | null;
  lagMs: number | null;
  /** Answers of the last 24 hours by status. */
  answers: Readonly<Record<string, number>>;
  failureBudget: object | null;
  silence: object | null;
  latency: object | null;
  /** Which entry accepted, by its position; never its value. */
  credentials: readonly { credential: string; lastUsedAt: string; uses: number }[];
}

/** A span of platform time and what is known of it. `to` is null for the open one. */
export interface CoverageInterval {
  from: string | null;
  to: string | null;
  state: 'proven' | 'open' | 'unproven';
  reason: string | null;
  runId?: string | null;
}

export interface Invariants {
  /** 0 when all is well. */
  violations: number;
  checkedAt: string;
  checks: readonly { name: string; violations: number; sample?: readonly string[] }[];
}

/** A part of a document's bytes: `start` and `end` included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** What the API is built on. Other verbs than keys, consumers and receipts are lent to it. */
export interface ApiPorts {
  context: Pick<Context, 'db' | 'clock' | 'feedChanged' | 'connections' | 'log'>;
  settingsKeys: readonly SettingsKey[];
  /** Aborted when the server stops: long polls and streams end. */
  stop: AbortSignal;
  /** Sets the deliveries going again; gives their number. Throws `Refused`. */
  replay(filter: ReplayFilter, fetch: ReplayFetch): Promise<number>;
  /** What a replay would change; changes nothing. */
  previewReplay(filter: ReplayFilter, fetch: ReplayFetch): Promise<ReplayPreview>;
  /** Begins a run, or gives the one under way: its id. `since` (ISO 8601): from there. Throws `Refused` where there is no API to ask. */
  reconcile(connection: Connection, since?: string | null): Promise<string>;
  health(connection: Connection): Promise<ConnectionHealth>;
  coverage(connection: Connection): Promise<readonly CoverageInterval[]>;
  invariants(): Promise<Invariants>;
  /** The stored bytes under this SHA-256 (hex); null range: all of them. */
  openContent(sha256: string, range: ByteRange | null): Promise<Readable>;
}
