import { setTimeout as sleepMs } from 'node:timers/promises';
import type { Clock, Random } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { createPublicOpener } from './address-guard.ts';
import { addressOf, type ClientDependencies, createClient } from './client.ts';
import { createOauth2 } from './oauth.ts';
import type { Limits, Remote } from './remote.ts';
import { sendRequest } from './send.ts';

export interface RemoteDependencies {
  limits: Limits;
  clock: Clock;
  random: Random;
  log: Log;
  /** Waits before a call when a budget is used up; tests give their own. */
  sleep?: (ms: number) => Promise<void>;
}

/** The only way out of the program. Nothing is opened until it is called upon. */
export function createRemote({ limits, clock, random, log, sleep }: RemoteDependencies): Remote {
  const now = () => clock.now();
  const ground: ClientDependencies = { limits, now, random, log, sleep: sleep ?? ((ms) => sleepMs(ms)) };
  return {
    client: (options) => createClient(options, ground),
    plain: (call) =>
      sendRequest({
        method: call.method,
        url: addressOf(call.baseUrl, call),
        headers: call.headers ?? {},
        body: call.body,
        timeoutMs: call.timeoutMs,
      }),
    oauth2: (options) => createOauth2(options, now),
    openPublic: createPublicOpener(now),
    now,
  };
}
