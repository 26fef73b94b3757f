import type { Context } from '../context.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { processNotifications } from './fetch-resources.ts';

/** Most resources of one connection that are fetched at the same time; the platform's limits may allow fewer. */
const FETCHES_AT_ONCE = 40;
/** Fewer free slots than this are not worth another query for waiting notifications. */
const FEWEST_FREE = 5;

/** A lane for each connection's fetches: a slow response delays only its own resource. */
export interface FetchLanes {
  /** Fetches the due notifications of these connections, in addition to those already being fetched. */
  start(connections: readonly Connection[]): void;
  isIdle(connection: string): boolean;
  /** Waits for all running fetches. */
  settled(): Promise<void>;
}

/** `guarded` must not throw: it returns null when the work fails. */
export function createFetchLanes(context: Context, guarded: (work: () => Promise<number>) => Promise<number | null>): FetchLanes {
  const batches = new Set<Promise<void>>();
  const taken = new Map<string, number>();
  const free = (name: string): number => FETCHES_AT_ONCE - (taken.get(name) ?? 0);

  /** Reserves all free slots before it is known how many are needed, and releases the rest. */
  function startBatch(connection: Connection): void {
    const { name } = connection;
    const all = free(name);
    let reserved = all;
    const release = (count: number) => {
      reserved -= count;
      taken.set(name, (taken.get(name) ?? 0) - count);
    };
    taken.set(name, FETCHES_AT_ONCE);
    const ended = (count: number) => {
      release(count);
      if (free(name) >= FEWEST_FREE && reserved > 0) context.deliveryArrived.notify();
    };
    const batch = guarded(() => processNotifications(context, connection, all, ended)).then((processed) => {
      release(reserved);
      batches.delete(batch);
      if (processed) context.deliveryArrived.notify();
    });
    batches.add(batch);
  }
  return {
    start(connections) {
      for (const connection of connections) if (free(connection.name) > 0) startBatch(connection);
    },
    isIdle: (connection) => free(connection) === FETCHES_AT_ONCE,
    async settled() {
      await Promise.all(batches);
    },
  };
}
