import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { AccessObserver } from '../../src/domain/access/access-observer.ts';
import { RemoteFailure } from '../../src/domain/errors.ts';
import type { Log } from '../../src/domain/log.ts';
import { createRemote, SILENT } from '../../src/remote/create-remote.ts';
import type { Budget, ClientOptions, Remote } from '../../src/remote/remote.ts';
import { createLimits } from '../support/limits.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A server on localhost as the remote side of a call; closed with the test. */
export async function remoteServer(t: TestContext, answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    // The date of this machine is not that of the test's clock.
    response.sendDate = false;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString('utf8')));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A remote on a clock that only sleeping moves. */
export function remoteOnFakeTime(
  log: Log = silentLog,
  observer: Partial<AccessObserver> = {},
): { remote: Remote; sleeps: number[]; advance(ms: number): void } {
  let nowMs = Date.parse('2026-03-01T12:00:00Z');
  const sleeps: number[] = [];
  const sleep = async (ms: number) => {
    sleeps.push(ms);
    nowMs += ms;
  };
  const shared = createRemote({
    limits: createLimits(),
    clock: { now: () => new Date(nowMs) },
    random: () => 0.5,
    log,
    sleep,
    observer: { ...SILENT, ...observer },
  });
  const remote = shared.forConnection('acme');
  return {
    remote,
    sleeps,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

export const clientOptions = (baseUrl: string, more: Partial<ClientOptions> = {}): ClientOptions => ({
  baseUrl,
  timeoutMs: 2000,
  budgets: [] as Budget[],
  sequential: false,
  authorize: async () => ({ Authorization: 'Bearer first' }),
  ...more,
});

/** For `assert.rejects`: this failure and no other. */
export const failure = (code: string, status: number) => (error: unknown) => {
  assert.ok(error instanceof RemoteFailure);
  assert.deepEqual([error.code, error.status], [code, status]);
  return true;
};

/** A clock that only moves on request; waits take the time they take. */
export function fakeTime() {
  let nowMs = Date.parse('2026-03-01T12:00:00Z');
  return {
    clock: { now: () => new Date(nowMs) },
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}
