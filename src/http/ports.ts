import type { RequestHandler } from 'express';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../domain/log.ts';
import type { Receiver } from '../intake/receive-webhook.ts';
import type { Readiness } from '../monitoring/readiness.ts';
import type { RejectedCredential } from '../monitoring/response-stats.ts';
import type { AuthEntry } from '../platforms/contract/auth-entry.ts';
import type { Connections } from '../platforms/contract/platform.ts';
import type { OutsideCalls } from './auth/outside-calls.ts';
import type { SignIns } from './auth/sign-ins.ts';
import type { Metrics } from './metrics/metrics.ts';

type Oauth2 = Extract<AuthEntry, { oauth2: unknown }>['oauth2'];
export type IssuerEntry = Extract<Oauth2, { issuer: unknown }>;
export type OwnTokensEntry = Extract<Oauth2, { clients: unknown }>;
export type IntrospectionEntry = Extract<Oauth2, { introspection: unknown }>;

export interface WebhookSettings {
  /** Number of proxies, or addresses and CIDRs of those, whose `X-Forwarded-*` headers are trusted; null: none. */
  trustProxy: number | readonly string[] | null;
  requireHttps: boolean;
  maxBodyBytes: number;
  /** Where bodies too large for memory are buffered while they arrive. */
  dataDir: string;
  /** The address senders call, without a trailing slash; null: taken from each request. */
  publicUrl: string | null;
}

/** Counts one answer on a webhook path. `connection` is null if the path names no existing one. */
export type CountAnswer = (connection: string | null, status: number, code: string, rejection: RejectedCredential | null) => void;

/** The dependencies of the HTTP server. */
export interface HttpPorts {
  settings: WebhookSettings;
  connections: Connections;
  receiver: Receiver;
  clock: Clock;
  log: Log;
  outside: OutsideCalls;
  /** At least 32 secret bytes, the same for all processes that share the database, and across restarts. */
  tokenKey(): Promise<Uint8Array>;
  answered: CountAnswer;
  ready(): Promise<Readiness>;
  metrics: Metrics;
  requireRole(role: 'reader'): RequestHandler;
  signIns: SignIns;
  /** Mounted at `/api/v1`. */
  api: RequestHandler;
  /** Mounted at `/api/docs`. */
  apiDocs?: RequestHandler;
  /** Mounted at `/console`. */
  console: RequestHandler;
}
