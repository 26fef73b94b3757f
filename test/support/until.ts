import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_AGAIN_MS = 40;
const LOOK_ANYWAY_MS = 500;
// Long enough for a busy machine, and shorter than the time limit of a test, so that the failure says what was awaited.
const GIVE_UP_MS = 200_000;

/**
 * Reads again until the condition holds, and returns the result; otherwise fails with what was awaited and what was read last. `changed` resolves
 * when there may be something new to read; without it, it is read again after a moment.
 */
export async function until<T>(
  what: string,
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  changed?: () => Promise<unknown>,
): Promise<T> {
  const began = performance.now();
  for (;;) {
    // Requested before reading, so that no change in between is missed.
    const change = changed?.();
    const value = await read();
    if (holds(value)) return value;
    assert.ok(performance.now() - began < GIVE_UP_MS, `waited in vain until ${what}; last seen: ${JSON.stringify(value)?.slice(0, 2000)}`);
    await (change ? Promise.race([change, pause(LOOK_ANYWAY_MS)]) : pause(LOOK_AGAIN_MS));
  }
}
