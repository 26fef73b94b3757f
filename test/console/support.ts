import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { TestContext as Test } from 'node:test';
import express, { type Express } from 'express';
import supertest from 'supertest';
import { Refused } from '../../src/domain/errors.ts';
import { createFindKey, createSignIn } from '../../src/http/api/auth.ts';
import { createConsole } from '../../src/http/console/console.ts';
import type { ConsolePorts } from '../../src/http/console/page.ts';
import type { ConnectionHealth } from '../../src/monitoring/health/connection-health.ts';
import type { PreviewedChange } from '../../src/processing/preview-replay.ts';
import type { DeliveryCriteria } from '../../src/processing/replay.ts';
import type { CoverageSpan } from '../../src/reconciliation/coverage.ts';
import type { RejectedRequest } from '../../src/store/monitoring/list-responses.ts';
import { signInsOf } from '../api/support.ts';
import { createTestContext, type TestContext } from '../support/context.ts';

export const KEYS = { reader: 'reader-key-1234', operator: 'operator-key-1234', admin: 'admin-key-1234' } as const;
export type KeyName = keyof typeof KEYS;

const NO_SAMPLE = { p50: null, p90: null, p99: null, samples: 0 };

export const HEALTH: ConnectionHealth = {
  lastDeliveryAt: '2026-03-01T07:59:00.000Z',
  lastSuccessAt: '2026-03-01T07:59:01.000Z',
  backlog: 0,
  oldestWaitingAt: null,
  circuit: 'closed',
  watermark: '2026-03-01T07:55:00.000Z',
  lagMs: 1200,
  answers: { 202: 12 },
  failureBudget: {
    rule: 'Ten in a row and it stops.',
    kind: 'consecutive',
    limit: 10,
    used: 1,
    usedPercent: 10,
    consecutiveFailures: 1,
    firstFailureAt: null,
    lastSuccessAt: null,
  },
  silence: { quietMs: 60_000, expectedMs: 600_000, silent: false },
  latency: { platformToReceived: NO_SAMPLE, receivedToApplied: NO_SAMPLE, appliedToPulled: NO_SAMPLE, pulledToBooked: NO_SAMPLE },
  credentials: [{ credential: 'secret[0]', lastUsedAt: '2026-03-01T07:59:00.000Z', uses: 12 }],
  registrations: {
    checkedAt: '2026-03-01T11:00:00.000Z',
    registered: [
      {
        id: '42',
        name: null,
        url: 'https://dock.example/webhooks/acme',
        events: ['order.create'],
        enabled: true,
        statistics: { failed: 1 },
      },
    ],
  },
};

export const PROVEN: CoverageSpan[] = [
  { from: null, to: '2026-03-01T07:55:00.000Z', state: 'proven', reason: null, runId: 'run-1' },
  { from: '2026-03-01T07:55:00.000Z', to: null, state: 'open', reason: 'since the last run', runId: null },
];

/** A console on a real pipeline; everything else is provided by the test. */
export interface TestConsole extends TestContext {
  app: Express;
  ports: ConsolePorts;
  /** The actions of the buttons, in order. */
  pressed: string[];
  told: {
    health: () => ConnectionHealth;
    coverage: CoverageSpan[];
    preview: PreviewedChange[];
    rejections: RejectedRequest[];
    violations: number;
  };
}

export async function openConsole(t: Test, options: { sandbox?: boolean } = {}): Promise<TestConsole> {
  const pipeline = await createTestContext('sqlite');
  t.after(() => pipeline.close());
  const { context } = pipeline;
  const pressed: string[] = [];
  const told: TestConsole['told'] = { health: () => HEALTH, coverage: PROVEN, preview: [], rejections: [], violations: 0 };
  const settingsKeys = (Object.keys(KEYS) as KeyName[]).map((role) => ({ name: role, role, key: KEYS[role] }));
  const numberOf = (filter: DeliveryCriteria) => filter.ids?.length ?? 2;
  const findKey = createFindKey({ context, settingsKeys });
  const ports: ConsolePorts = {
    context,
    settingsKeys,
    findKey,
    signIn: createSignIn({ context, settingsKeys }, findKey, signInsOf(context, settingsKeys)),
    sandbox: options.sandbox ?? false,
    makeId: () => 'replay-1',
    hasApi: () => true,
    retry: async (criteria) => {
      pressed.push(`retry ${JSON.stringify(criteria)}`);
      return numberOf(criteria);
    },
    dismiss: async (criteria, note) => {
      pressed.push(`dismiss ${JSON.stringify(criteria)} ${note}`);
      return numberOf(criteria);
    },
    replay: async (filter, fetch, id) => {
      pressed.push(`replay ${JSON.stringify(filter)} ${fetch} ${id}`);
      return numberOf(filter);
    },
    previewReplay: async (filter) => {
      const number = numberOf(filter);
      return { number, complete: true, changes: told.preview, compared: number, failures: [] };
    },
    reconcile: async ({ name }) => {
      if (name !== 'toy') throw new Refused(409, 'api_missing', 'There is no API to ask.');
      pressed.push(`reconcile ${name}`);
      return 'run-1';
    },
    health: async () => told.health(),
    coverage: async () => told.coverage,
    rejections: async () => told.rejections,
    invariants: async () => ({ violations: told.violations, checkedAt: '2026-03-01T08:00:00.000Z', checks: [] }),
    openContent: async (sha256) => Readable.from([Buffer.from(`content of ${sha256.slice(0, 4)}`)]),
  };
  const app = express();
  app.set('trust proxy', true);
  app.use('/console', createConsole(ports));
  return { ...pipeline, app, ports, pressed, told };
}

/** Sends a request as the owner of a key, by HTTP Basic. */
export const askAs = (app: Express, name: KeyName, path: string) => supertest(app).get(path).auth(name, KEYS[name]);

/** The token that a page's forms carry. */
export const tokenIn = (page: string): string => /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';

/** Presses a button as the owner of a key: with the token of a page that was shown to this key. */
export async function pressAs(app: Express, name: KeyName, path: string, members: Record<string, string> = {}) {
  const { text } = await askAs(app, name, '/console/');
  return supertest(app)
    .post(path)
    .auth(name, KEYS[name])
    .type('form')
    .send({ csrf: tokenIn(text), ...members });
}

/** The console on its own port, closed with the test. */
export async function serveConsole(t: Test, app: Express): Promise<string> {
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const toyOrder = (id: string, quantity: string, updatedAt: string) => ({
  id: `event-${id}-${updatedAt}`,
  type: 'order',
  order: { id, status: 'Open', updatedAt, lines: [{ id: 'line-1', position: '0001', quantity, updatedAt }] },
});

/** Two versions of one order, and one delivery that cannot be processed. */
export async function fill(console: TestConsole): Promise<void> {
  await console.send(toyOrder('PO7', '10', '2026-03-01T07:00:00.000Z'));
  await console.settle();
  await console.send(toyOrder('PO7', '8', '2026-03-01T07:30:00.000Z'));
  await console.settle();
  await console.send({ id: 'event-odd', type: 'unheard-of', subject: 'PO8' });
  await console.settle();
  await console.context.db.write((sql) =>
    sql.all(
      `insert into reconcile_runs (id, connection, "trigger", state, started_at, finished_at, progress, seen, applied, gaps)
       values ('run-1', 'toy', 'schedule', 'done', '2026-03-01T07:50:00.000Z', '2026-03-01T07:55:00.000Z', '{"orders":{"watermark":"7"}}', 5, 1, 1)`,
    ),
  );
  await console.context.db.write((sql) =>
    sql.all(
      `insert into gaps (run_id, connection, kind, external_id, cause, details, change_seq, platform_at, at)
       values ('run-1', 'toy', 'order', 'PO7', 'never_delivered', '{}', null, null, '2026-03-01T07:55:00.000Z')`,
    ),
  );
}
