import type { Alerts } from './domain/alert.ts';
import type { Clock, MakeId, Random } from './domain/clock.ts';
import type { Log } from './domain/log.ts';
import type { LargeBodyLock } from './domain/memory.ts';
import type { Notifier } from './domain/notifier.ts';
import type { PlatformApi } from './platforms/contract/api.ts';
import type { Connection, Connections } from './platforms/contract/platform.ts';
import type { Database } from './store/engine/database.ts';

/** An attempt that counted, as the failure breaker sees it. */
export interface AttemptResult {
  /** What it was about: one poison resource is no mass failure. */
  resource: string;
  failedByUs: boolean;
}

/** What every room works with; built once in `app.ts`. */
export interface Context {
  db: Database;
  connections: Connections;
  /** The line to a connection's platform API; null where none is configured. */
  api(connection: Connection): PlatformApi | null;
  clock: Clock;
  random: Random;
  makeId: MakeId;
  log: Log;
  alerts: Alerts;
  /** Raised when a delivery has been stored or has become due. */
  deliveryArrived: Notifier;
  /** Raised when the feed has new entries. */
  feedChanged: Notifier;
  /** Called with every attempt that counted: the worker's failure breaker listens. */
  attempted?: (attempt: AttemptResult) => void;
  /** How long to wait at most before looking what other processes have written: longer where they send messages that arrive here. */
  pollIntervalMs(): number;
  /** Ids of the deliveries that this process is working on: only their leases are renewed. */
  inFlight: Set<string>;
  /** Positions of the deliveries that a transaction of this process is taking and ending at the moment. */
  inTransaction: Set<number>;
  /** Large bodies are in work one at a time, at the door or with a worker: each takes many times its size. */
  withLargeBodyLock: LargeBodyLock;
  /** Names this process in leases. */
  processId: string;
}
