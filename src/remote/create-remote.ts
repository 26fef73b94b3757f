import { setTimeout as sleepMs } from 'node:timers/promises';
import type { AccessObserver } from '../domain/access/access-observer.ts';
import type { CredentialTrials } from '../domain/access/credential-trials.ts';
import type { Clock, Random } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import { createPublicOpener } from './address-guard.ts';
import { addressOf, type ClientDependencies, createClient } from './client.ts';
import { createLocalTrials } from './local-trials.ts';
import { createOauth2 } from './oauth.ts';
import { createOwnPost } from './own-system.ts';
import type { Limits, Remote, SessionStore, SharedRemote } from './remote.ts';
import { sendRequest } from './send.ts';
import { createLocalSessions, createShareSession } from './sessions.ts';

export interface RemoteDependencies {
  limits: Limits;
  clock: Clock;
  random: Random;
  log: Log;
  /** Waits before a call when a budget is exhausted; tests pass their own. */
  sleep?: (ms: number) => Promise<void>;
  observer?: AccessObserver;
  /** If absent, sessions are shared within this process only. */
  sessions?: SessionStore;
  /** If absent, refusals of credentials are shared within this process only. */
  trials?: CredentialTrials;
}

/** For callers that do not observe anything. */
export const SILENT: AccessObserver = {
  circuitOpened() {},
  circuitClosed() {},
  credentialsRefused() {},
  credentialsAccepted() {},
};

/** Opens nothing until it is used. */
export function createRemote(dependencies: RemoteDependencies): SharedRemote {
  const {
    limits,
    clock,
    random,
    log,
    sleep,
    observer = SILENT,
    sessions = createLocalSessions(),
    trials = createLocalTrials(),
  } = dependencies;
  const now = () => clock.now();
  const ofClients: ClientDependencies = { limits, now, random, log, sleep: sleep ?? ((ms) => sleepMs(ms)), observer, trials };
  const shared: Pick<Remote, 'plain' | 'openPublic' | 'now'> = {
    plain: (call) =>
      sendRequest({
        method: call.method,
        url: addressOf(call.baseUrl, call),
        headers: call.headers ?? {},
        body: call.body,
        timeoutMs: call.timeoutMs,
      }),
    openPublic: createPublicOpener(now),
    now,
  };
  return {
    ...shared,
    postOwn: createOwnPost(),
    forConnection: (connection) => ({
      ...shared,
      client: (options) => createClient(connection, options, ofClients),
      oauth2: (options) => createOauth2(options, now),
      shareSession: createShareSession(connection, limits, sessions),
    }),
  };
}
