import type { z } from 'zod';
import type { Drift, Shape } from '../../domain/entities/drift.ts';
import type { EntityKind, EntityReport, Subject } from '../../domain/entities/entity.ts';
import type { JsonObject } from '../../domain/values/json.ts';
import type { Remote } from '../../remote/remote.ts';
import type { PlatformApi } from './api.ts';
import type { AuthEntry } from './auth-entry.ts';
import type { SaveSecret } from './management.ts';
import type { Simulation, SimulationOptions } from './simulation.ts';
import type {
  AuthResult,
  BodyProof,
  CredentialChecker,
  Identity,
  Interpretation,
  RequestHead,
  Route,
  StoredRequest,
  WebhookRequest,
} from './webhook.ts';

/** What the platform does with our answers: data, with the platform's rule and its source. */
export interface RetryPolicy {
  rule: string;
  source: string;
  /** Statuses after which the sender does not try again. */
  final: readonly (readonly [from: number, to: number])[];
  /** Longest time in which we answer, below the platform's own time-out. Absent: its time-out is not known. */
  answerWithinMs?: number;
  /** When it gives up on us altogether. */
  budget: { kind: 'consecutive' | 'attempts-per-event'; limit: number } | { kind: 'time-without-success'; days: number } | null;
}

/** Whether the platform gives an event up after this answer. */
export const isFinalAnswer = ({ final }: Pick<RetryPolicy, 'final'>, status: number): boolean =>
  final.some(([from, to]) => status >= from && status <= to);

/** One event type of a platform: what becomes of it. */
export interface EventDescription {
  type: string;
  kind: EntityKind | null;
  effect: 'apply' | 'fetch' | 'delete' | 'ignore';
  note?: string;
}

/** What every connection's settings have, whatever the platform. */
export interface CommonSettings {
  webhook: { auth?: AuthEntry[] | undefined; allowIps?: string[] | undefined };
}

/**
 * A platform is one folder, one value, one line in `registry.ts`. The members stand in the order in which a webhook meets them.
 * `S` is what the connection's settings parse to.
 */
export interface Platform<S extends CommonSettings = CommonSettings> {
  name: string;
  title: string;
  /** The connection's own part of the connections file: everything but `platform` and `reconcile`. Strict: unknown members are faults. */
  settings: z.ZodType<S>;
  routes: readonly Route[];
  events: readonly EventDescription[];
  retryPolicy: RetryPolicy;
  /** What we know of its bodies, by a name that the platform's README explains; compared with `openapi/`. */
  shapes: Readonly<Record<string, Shape>>;
  /** Headers, beside the usual ones, that hold credentials: redacted before anything is stored. */
  secretHeaders(settings: S): readonly string[];
  /** Credentials that the platform puts into bodies, taken out before anything is stored. */
  redactBody?(body: Buffer, contentType: string | null): Buffer;
  /** The header, lower case, that carries a signature: with `authorization` and the secret headers it shows who tries to authenticate. */
  signatureHeader?(settings: S): string | null;
  /**
   * Decides before the body is read, or says what of the body the proof needs. No secret configured: nothing is accepted. May throw `Refused`
   * (403 with a code of the platform's) or `Unavailable`.
   */
  authenticate(request: RequestHead, settings: S, checker: CredentialChecker): Promise<AuthResult | BodyProof>;
  /** Throws `InvalidBody` when the body has no recognisable shape. An unknown event type is none. */
  identify(request: WebhookRequest, settings: S): Identity;
  /** Pure. Throws `InvalidBody` when what was recognised cannot be read after all. */
  interpret(delivery: StoredRequest, settings: S): Interpretation;
  /** Whether one such resource can be fetched: then it is, in place of a message whose time cannot be read. */
  canFetch?(kind: EntityKind, settings: S): boolean;
  /** Pure: what a fetched or listed resource says. */
  readFetched(subject: Subject, text: string, settings: S): { reports: EntityReport[]; drift: Drift[] };
  /** Null: the connection has no API configured. Without `saveSecret`, calls whose answer holds a new secret are refused. */
  connect(settings: S, remote: Remote, saveSecret?: SaveSecret): PlatformApi | null;
  /** What an operator has to enter in the platform's portal, one line each, secrets left out. */
  portalGuide(settings: S, webhookUrl: string): string[];
  /** A connection for the sandbox, as it would stand in the connections file; credentials are generated. */
  sandboxConnection(baseUrl: string, secret: () => string): JsonObject;
  simulate(settings: S, tools: SimulationOptions): Simulation;
}

/** A platform whose settings type is known to itself alone. */
export type AnyPlatform = Platform<CommonSettings>;

/** Seals a platform's settings type: from here on only the platform itself looks into them. */
export const definePlatform = <S extends CommonSettings>(platform: Platform<S>): AnyPlatform => platform;

/** One configured relationship with one platform. */
export interface Connection {
  /** `[a-z0-9-]{1,64}`; in URLs, rows, logs; never changes. */
  name: string;
  platform: AnyPlatform;
  settings: CommonSettings;
  reconcile: { schedule: string | false; since: string | null };
}

/** The connections in force. A reload (SIGHUP) puts new ones in place of the old at once. */
export interface Connections {
  get(name: string): Connection | undefined;
  list(): readonly Connection[];
}
