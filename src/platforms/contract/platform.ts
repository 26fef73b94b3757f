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

/** How the platform treats our responses, as data, with the platform's rule and its source. */
export interface RetryPolicy {
  rule: string;
  source: string;
  /** Statuses after which the sender does not retry. */
  final: readonly (readonly [from: number, to: number])[];
  /** Upper limit for our response time, below the platform's own timeout. Absent if that timeout is unknown. */
  answerWithinMs?: number;
  /** When the platform disables the webhook altogether. */
  budget: { kind: 'consecutive' | 'attempts-per-event'; limit: number } | { kind: 'time-without-success'; days: number } | null;
}

/** Whether the platform drops an event after this status. */
export const isFinalAnswer = ({ final }: Pick<RetryPolicy, 'final'>, status: number): boolean =>
  final.some(([from, to]) => status >= from && status <= to);

/** One event type of a platform and its effect. */
export interface EventDescription {
  type: string;
  kind: EntityKind | null;
  effect: 'apply' | 'fetch' | 'delete' | 'ignore';
  note?: string;
}

/** Settings that the connections of all platforms share. */
export interface CommonSettings {
  webhook: { auth?: AuthEntry[] | undefined; allowIps?: string[] | undefined };
}

/**
 * A platform is one folder, one value, one line in `registry.ts`. The members are in the order in which a webhook needs them.
 * `S` is the type of the parsed connection settings.
 */
export interface Platform<S extends CommonSettings = CommonSettings> {
  name: string;
  title: string;
  /** The connection's own part of the connections file: everything but `platform` and `reconcile`. Strict: unknown members are errors. */
  settings: z.ZodType<S>;
  routes: readonly Route[];
  events: readonly EventDescription[];
  retryPolicy: RetryPolicy;
  /** The known structure of its bodies, by a name that the platform's README explains; compared with `openapi/`. */
  shapes: Readonly<Record<string, Shape>>;
  /** Headers with credentials, in addition to the usual ones: redacted before anything is stored. */
  secretHeaders(settings: S): readonly string[];
  /** Redacts credentials that the platform puts into bodies, before anything is stored. */
  redactBody?(body: Buffer, contentType: string | null): Buffer;
  /** The lower-case header with the signature: it, `authorization` or a secret header marks a request that tries to authenticate. */
  signatureHeader?(settings: S): string | null;
  /**
   * Decides before the body is read, or returns what the proof needs of the body. Without a configured secret nothing is accepted. May throw `Refused`
   * (403 with a platform-specific code) or `Unavailable`.
   */
  authenticate(request: RequestHead, settings: S, checker: CredentialChecker): Promise<AuthResult | BodyProof>;
  /** Throws `InvalidBody` if the structure of the body is not recognised. An unknown event type is no reason to throw. */
  identify(request: WebhookRequest, settings: S): Identity;
  /** Pure. Throws `InvalidBody` if a recognised body turns out to be unreadable. */
  interpret(delivery: StoredRequest, settings: S): Interpretation;
  /** Whether a resource of this kind can be fetched, which replaces a message with an unreadable time. */
  canFetch?(kind: EntityKind, settings: S): boolean;
  /** Pure: reads a fetched or listed resource. */
  readFetched(subject: Subject, text: string, settings: S): { reports: EntityReport[]; drift: Drift[] };
  /** Null if the connection has no API configured. Without `saveSecret`, calls whose response contains a new secret are refused. */
  connect(settings: S, remote: Remote, saveSecret?: SaveSecret): PlatformApi | null;
  /** What an operator has to enter in the platform's portal, one line each, without secrets. */
  portalGuide(settings: S, webhookUrl: string): string[];
  /** A connection for the sandbox, as it would appear in the connections file, with generated credentials. */
  sandboxConnection(baseUrl: string, secret: () => string): JsonObject;
  simulate(settings: S, tools: SimulationOptions): Simulation;
}

/** A platform whose settings type is known only to the platform itself. */
export type AnyPlatform = Platform<CommonSettings>;

/** Hides a platform's settings type: from here on only the platform itself reads its settings. */
export const definePlatform = <S extends CommonSettings>(platform: Platform<S>): AnyPlatform => platform;

/** One configured relationship with one platform. */
export interface Connection {
  /** `[a-z0-9-]{1,64}`; in URLs, rows, logs; never changes. */
  name: string;
  platform: AnyPlatform;
  settings: CommonSettings;
  reconcile: { schedule: string | false; since: string | null };
}

/** The current connections. A reload (SIGHUP) replaces them all at once. */
export interface Connections {
  get(name: string): Connection | undefined;
  list(): readonly Connection[];
}
