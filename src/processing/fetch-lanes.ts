import type { Context } from '../context.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { processNotifications } from './fetch-resources.ts';

/** Resources of one connection that are fetched at the same time, as far as its platform's limits let them. */
const FETCHES_AT_ONCE = 40;
/** Fewer free places than these are not worth another look at what waits. */
const WORTH_A_LOOK = 5;

/** Every connection's fetches in a lane of their own: a slow answer holds up its own resource and no other. */
export interface FetchLanes {
  /** Fetches what is due of these connections, beside what is being fetched already. */
  start(connections: readonly Connection[]): void;
  isIdle(connection: string): boolean;
  /** Waits for all that is under way. */
  settled(): Promise<void>;
}

/** `guarded` must not throw: it gives null for work that has failed. */
export function createFetchLanes(context: Context, guarded: (work: () => Promise<number>) => Promise<number | null>): FetchLanes {
  const batches = new Set<Promise<void>>();
  const taken = new Map<string, number>();
  const free = (name: string): number => FETCHES_AT_ONCE - (taken.get(name) ?? 0);

  /** Takes all free places before it is known how many are needed, and gives back those that are not. */
  function startBatch(connection: Connection): void {
    const { name } = connection;
    const all = free(name);
    let held = all;
    const give = (count: number) => {
      held -= count;
      taken.set(name, (taken.get(name) ?? 0) - count);
    };
    taken.set(name, FETCHES_AT_ONCE);
    const ended = (count: number) => {
      give(count);
      if (free(name) >= WORTH_A_LOOK && held > 0) context.deliveryArrived.notify();
    };
    const batch = guarded(() => processNotifications(context, connection, all, ended)).then((worked) => {
      give(held);
      batches.delete(batch);
      if (worked) context.deliveryArrived.notify();
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
