import type { Readable } from 'node:stream';
import type { Context } from '../../context.ts';
import type { ByteRange } from '../../documents/storage/storage.ts';
import type { Role } from '../../domain/role.ts';
import type { ConnectionHealth } from '../../monitoring/health/connection-health.ts';
import type { Invariants } from '../../monitoring/invariants.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import type { ReplayPreview } from '../../processing/preview-replay.ts';
import type { DeliveryCriteria, ReplayFetch } from '../../processing/replay.ts';
import type { CoverageSpan } from '../../reconciliation/coverage.ts';
import type { RejectedRequest } from '../../store/monitoring/list-responses.ts';
import type { SignIn } from './caller.ts';
import type { Semaphore } from './semaphore.ts';

/** A key from the setting `API_KEYS`. */
export interface SettingsKey {
  name: string;
  role: Role;
  key: string;
}

/** The dependencies of the API. Actions other than those on keys, consumers and receipts are injected. */
export interface ApiPorts {
  context: Pick<Context, 'db' | 'clock' | 'feedChanged' | 'pollIntervalMs' | 'connections' | 'log'>;
  settingsKeys: readonly SettingsKey[];
  signIn: SignIn;
  /** Aborted when the server stops: long polls and streams end. */
  stop: AbortSignal;
  /** Requeues the deliveries and returns their number. With `replayId`, records which ones, so that their outcome can be followed. Throws `Refused`. */
  replay(filter: DeliveryCriteria, fetch: ReplayFetch, replayId?: string): Promise<number>;
  /** What a replay would change, without changing anything. */
  previewReplay(filter: DeliveryCriteria, fetch: ReplayFetch): Promise<ReplayPreview>;
  /** Makes pending deliveries due now; returns their number. */
  retry(criteria: DeliveryCriteria): Promise<number>;
  /** Marks dead deliveries as handled; returns their number. */
  dismiss(criteria: DeliveryCriteria, note: string | null): Promise<number>;
  /** Starts a run, or finds the one in progress; returns its id. `since` (ISO 8601): where to start. Throws `Refused` if the connection has no API. */
  reconcile(connection: Connection, since?: string | null): Promise<string>;
  health(connection: Connection): Promise<ConnectionHealth>;
  coverage(connection: Connection): Promise<readonly CoverageSpan[]>;
  /** Requests rejected for their credentials, newest first. */
  rejections(connection: Connection, page: { before: number | null; limit: number }): Promise<RejectedRequest[]>;
  invariants(): Promise<Invariants>;
  /** The stored bytes under this SHA-256 (hex); null range: all of them. */
  openContent(sha256: string, range: ByteRange | null): Promise<Readable>;
}

/** The dependencies of the routes. */
export interface RoutePorts extends ApiPorts {
  /** Limits how many responses are prepared, or read ahead of their clients, at a time. */
  readSemaphore: Semaphore;
}
