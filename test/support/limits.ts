import type { Limits } from '../../src/remote/remote.ts';

/** Remote limits in memory: what the database does for several processes, for one test. */
export function createLimits(): Limits {
  const calls = new Map<string, number[]>();
  const pauses = new Map<string, number>();
  const turns = new Map<string, Promise<unknown>>();
  return {
    async enter(connection, budgets, now) {
      const nowMs = now.getTime();
      const windows = budgets.map((budget) => {
        const key = `${connection} ${budget.name}`;
        const times = (calls.get(key) ?? []).filter((time) => time > nowMs - budget.perMs);
        calls.set(key, times);
        return { budget, times };
      });
      const waits = windows.map(({ budget, times }) => (times.length < budget.calls ? 0 : (times[0] ?? nowMs) + budget.perMs - nowMs));
      const rests = budgets.map(({ name }) => (pauses.get(`${connection} ${name}`) ?? 0) - nowMs);
      const waitMs = Math.max(0, ...waits, ...rests);
      if (waitMs === 0) for (const { times } of windows) times.push(nowMs);
      return waitMs;
    },
    async pause(connection, budgets, untilMs) {
      for (const budget of budgets) pauses.set(`${connection} ${budget}`, untilMs);
    },
    alone(name, work) {
      const turn = (turns.get(name) ?? Promise.resolve()).then(work, work);
      turns.set(
        name,
        turn.catch(() => {}),
      );
      return turn;
    },
  };
}
