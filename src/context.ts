import type { Alerts } from './domain/alert.ts';
import type { Clock, MakeId, Random } from './domain/clock.ts';
import type { RecentContents } from './domain/entities/recent-contents.ts';
import type { Log } from './domain/log.ts';
import type { LargeBodyLock } from './domain/memory.ts';
import type { Notifier } from './domain/notifier.ts';
import type { PlatformApi } from './platforms/contract/api.ts';
import type { Connection, Connections } from './platforms/contract/platform.ts';
import type { Database } from './store/engine/database.ts';

/** An attempt that counted, as the failure breaker sees it. */
export interface AttemptResult {
  /** Its resource: one resource that always fails is not a mass failure. */
  resource: string;
  failedByUs: boolean;
}

/** What every folder works with; built once in `app.ts`. */
export interface Context {
  db: Database;
  connections: Connections;
  /** The client of a connection's platform API; null if none is configured. */
  api(connection: Connection): PlatformApi | null;
  clock: Clock;
  random: Random;
  makeId: MakeId;
  log: Log;
  alerts: Alerts;
  /** Notified when a delivery has been stored or has become due. */
  deliveryArrived: Notifier;
  /** Notified when the feed has new entries. */
  feedChanged: Notifier;
  /** Called for every attempt that counted; the worker's failure breaker subscribes to it. */
  attempted?: (attempt: AttemptResult) => void;
  /** The longest wait before checking for writes of other processes: longer if their messages arrive here. */
  pollIntervalMs(): number;
  /** Ids of the deliveries that this process is working on: only their leases are renewed. */
  inFlight: Set<string>;
  /** Positions of the deliveries that a transaction of this process is claiming and completing at the moment. */
  inTransaction: Set<number>;
  /** What the deliveries that this process has just stored contain. */
  recentContents: RecentContents;
  /** Large bodies are processed one at a time, at intake or in a worker: each needs many times its size in memory. */
  withLargeBodyLock: LargeBodyLock;
  /** Names this process in leases. */
  processId: string;
}
